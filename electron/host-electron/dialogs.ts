import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron'
import { haltWatching } from '#hosts/watchdog.ts'

/**
 * Asks in a dialog of the system; answers the index of the button. Watching is paused for as long as it is open: on
 * macOS a dialog halts this process, and the watchdog would take that for a hang.
 */
export async function ask(
  window: BrowserWindow | null,
  options: MessageBoxOptions,
): Promise<number> {
  using _halted = haltWatching()
  const { response } =
    window === null || window.isDestroyed()
      ? await dialog.showMessageBox(options)
      : await dialog.showMessageBox(window, options)
  return response
}

/** The same where an event must be answered at once. It halts this process on every system. */
export function askSync(window: BrowserWindow, options: MessageBoxOptions): number {
  using _halted = haltWatching()
  return dialog.showMessageBoxSync(window, options)
}

/** Tells why the app cannot go on. It halts this process until it has been read; can be called before `ready`. */
export function showError(title: string, text: string): void {
  using _halted = haltWatching()
  dialog.showErrorBox(title, text)
}

interface FolderChoice {
  title: string
  /** The window that the dialog belongs to; without one it may open behind the app. */
  window: BrowserWindow | null
  /** Absolute folder to begin in; null: the system's choice, which is Downloads since Electron 43. */
  from: string | null
}

/** Lets the person choose a folder; null when they cancel. */
export async function chooseFolder({ title, window, from }: FolderChoice): Promise<string | null> {
  using _halted = haltWatching()
  const options = {
    title,
    properties: ['openDirectory' as const, 'createDirectory' as const],
    ...(from !== null && { defaultPath: from }),
  }
  const { canceled, filePaths } =
    window === null
      ? await dialog.showOpenDialog(options)
      : await dialog.showOpenDialog(window, options)
  return canceled ? null : (filePaths[0] ?? null)
}
