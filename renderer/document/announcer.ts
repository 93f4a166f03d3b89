import { createStore } from 'zustand/vanilla'

/** What screen readers are told: what happens on the canvas, which has no elements of its own. */
export const announcer = createStore<{ text: string }>(() => ({ text: '' }))

/** Of texts that follow each other quickly, as while a key is held, only the last is read. Milliseconds. */
const PAUSE_MS = 200

let timer: ReturnType<typeof setTimeout> | undefined

export function announce(text: string): void {
  clearTimeout(timer)
  timer = setTimeout(() => announcer.setState({ text }), PAUSE_MS)
}
