import { createStore } from 'zustand/vanilla'

/** Announcements for screen readers about the canvas, which has no elements of its own. */
export const announcer = createStore<{ text: string }>(() => ({ text: '' }))

/**
 * If texts follow each other faster than this, for example while a key is held, only the last one is read.
 * Milliseconds.
 */
const PAUSE_MS = 200

let timer: ReturnType<typeof setTimeout> | undefined

export function announce(text: string): void {
  clearTimeout(timer)
  timer = setTimeout(() => announcer.setState({ text }), PAUSE_MS)
}
