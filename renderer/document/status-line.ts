import { createStore } from 'zustand/vanilla'

/** A message in the status line instead of the tool's hint; null: none. */
export const statusLine = createStore<{ message: string | null }>(() => ({ message: null }))

/** Shows a message in the status line until the next press. */
export function say(message: string | null): void {
  statusLine.setState({ message })
}
