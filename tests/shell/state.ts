/** What a test looks at and decides, in the process in which the app's main file runs. */
/** How this machine behaves; a test may change it. From the environment for what is needed at the start. */
export const machine = {
  /** Wayland: a hidden window is not painted, and nobody says that it is ready to be shown. */
  tellsPainting: process.env.SHELL_TELLS_PAINTING !== '0',
  /** The end of loading is told. */
  tellsLoading: process.env.SHELL_TELLS_LOADING !== '0',
  /** A locked keyring: its answer waits for a person. */
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
  /** null: the person cancels. */
  choose: (path: string | null) => void
}
/** Dialogs that wait for a folder. */
export const folderDialogs: FolderDialog[] = []

/** Addresses that were handed to the system's browser. */
export const openedOutside: string[] = []

/** Calls that would have halted the main process until a person answers. */
export const blockingCalls: string[] = []

export const relaunches: unknown[] = []

/** The menu bar as it is shown. */
export const menuBar: { template: unknown[] } = { template: [] }
