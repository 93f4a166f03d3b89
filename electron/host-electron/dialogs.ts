import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron'
import { haltWatching } from '#hosts/watchdog.ts'

/**
 * Shows a system dialog; returns the index of the button. It pauses the watchdog meanwhile: on macOS a dialog blocks
 * this process, which would look like a hang.
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

/** The synchronous version, for events that need an immediate answer. It blocks this process on every system. */
export function askSync(window: BrowserWindow, options: MessageBoxOptions): number {
  using _halted = haltWatching()
  return dialog.showMessageBoxSync(window, options)
}

/** Explains why the app cannot continue. It blocks this process until it is closed; can be called before `ready`. */
export function showError(title: string, text: string): void {
  using _halted = haltWatching()
  dialog.showErrorBox(title, text)
}

interface FolderChoice {
  title: string
  /** The parent window; without one, the dialog may open behind the app. */
  window: BrowserWindow | null
  /** Absolute folder to start in; null: the system's choice, which is Downloads since Electron 43. */
  from: string | null
}

/** Lets the user choose a folder; null if they cancel. */
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
