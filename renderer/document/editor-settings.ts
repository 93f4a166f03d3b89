import { createStore } from 'zustand/vanilla'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'

/** The settings for tools and drawing, which read them many times per second; updated on load and on change. */
export const editorSettings = createStore<Settings>(() => DEFAULT_SETTINGS)
