import { createStore } from 'zustand/vanilla'

/** What the status line says instead of the tool's hint; null: nothing. */
export const statusLine = createStore<{ message: string | null }>(() => ({ message: null }))

/** Shows a message in the status line, until the next press. */
export function say(message: string | null): void {
  statusLine.setState({ message })
}
