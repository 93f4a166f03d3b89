/** What a test observes and controls in the process of the app's main file. */
/** How this machine behaves; a test may change it. From the environment for what is needed at the start. */
export const machine = {
  /** Wayland: a hidden window is not painted, and no event says that it is ready to be shown. */
  tellsPainting: process.env.SHELL_TELLS_PAINTING !== '0',
  /** Emit the event for the end of loading. */
  tellsLoading: process.env.SHELL_TELLS_LOADING !== '0',
  /** A locked keyring: its answer waits for the user. */
  isKeyringLocked: process.env.SHELL_KEYRING_LOCKED === '1',
}

/** What the app did, in order. */
export const calls: string[] = []

export interface OpenDialog {
  kind: string
  message: string
  buttons: readonly string[]
  parent: number | null
  answer: (response: number) => void
}
/** Dialogs that wait for an answer. */
export const dialogs: OpenDialog[] = []

export interface FolderDialog {
  title: string
  parent: number | null
  from: string | null
  /** null: the user cancels. */
  choose: (path: string | null) => void
}
/** Dialogs that wait for a folder. */
export const folderDialogs: FolderDialog[] = []

/** Addresses passed to the system's browser. */
export const openedOutside: string[] = []

/** Calls that would have blocked the main process until the user answers. */
export const blockingCalls: string[] = []

export const relaunches: unknown[] = []

/** The current menu bar. */
export const menuBar: { template: unknown[] } = { template: [] }
