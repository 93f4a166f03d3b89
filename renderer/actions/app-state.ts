import { createStore } from 'zustand/vanilla'

export type Dialog =
  | { kind: 'open-folder' }
  | { kind: 'relocate'; datasetId: string }
  | { kind: 'export' }
  | { kind: 'import' }
  | { kind: 'settings' }
  | { kind: 'help' }
  | { kind: 'palette' }
  | { kind: 'propagate' }
  | { kind: 'class'; name: string }

interface AppState {
  /** The engine has answered, and what earlier windows left unsent is on its way. */
  isReady: boolean
  datasetId: string | null
  dialog: Dialog | null
  /** Something to be read; stays until dismissed. */
  notices: readonly { id: number; message: string; tone: 'info' | 'error' }[]
}

export const appState = createStore<AppState>(() => ({
  isReady: false,
  datasetId: null,
  dialog: null,
  notices: [],
}))

export function showDialog(dialog: Dialog | null): void {
  appState.setState({ dialog })
}

let nextNotice = 1

export function notify(message: string, tone: 'info' | 'error' = 'info'): void {
  appState.setState(({ notices }) => {
    if (notices.some((notice) => notice.message === message)) return {}
    return { notices: [...notices, { id: nextNotice++, message, tone }].slice(-4) }
  })
}

export function dismissNotice(id: number): void {
  appState.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }))
}

/** Shows what went wrong, in the words it came with. */
export function notifyError(error: unknown): void {
  notify(error instanceof Error ? error.message : String(error), 'error')
}

/** Gives the keys back to the canvas after a choice in a field. */
export function focusCanvas(): void {
  document.querySelector<HTMLElement>('[data-canvas]')?.focus({ preventScroll: true })
}
