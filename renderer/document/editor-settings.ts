import { createStore } from 'zustand/vanilla'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'

/** The settings as tools and drawing read them, many times a second; set when they come and change. */
export const editorSettings = createStore<Settings>(() => DEFAULT_SETTINGS)
