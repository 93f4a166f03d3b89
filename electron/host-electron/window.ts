import { join } from 'node:path'
import {
  app,
  BrowserWindow,
  dialog,
  Menu,
  nativeTheme,
  type Rectangle,
  session,
  shell,
} from 'electron'
import type { Log } from '#core/ports.ts'
import { haltWatching } from '#hosts/watchdog.ts'
import { APP_ORIGIN } from '#shared/contract/connect.ts'
import { lastBounds, rememberBounds } from './window-state.ts'

/** The page's own background, so that nothing flashes before the first paint. */
const BACKGROUND = { light: '#f4f5f7', dark: '#121316' }

/** What the page may lead to: itself, or the system's browser for a web address. */
function guardNavigation(): void {
  const isOurs = (url: string) => url.startsWith(`${APP_ORIGIN}/`)
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (event: { preventDefault: () => void; url: string }) => {
      if (!isOurs(event.url)) event.preventDefault()
    }
    contents.on('will-navigate', refuse)
    contents.on('will-frame-navigate', refuse)
    contents.on('will-redirect', refuse)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      if (/^https:\/\//.test(url)) void shell.openExternal(url)
      return { action: 'deny' }
    })
  })
}

/** Electron grants every permission unless told otherwise: the page may tell of a finished transfer and copy text. */
const GRANTED: ReadonlySet<string> = new Set(['notifications', 'clipboard-sanitized-write'])

function refusePermissions(): void {
  const isGranted = (permission: string) => GRANTED.has(permission)
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(isGranted(permission)),
  )
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => isGranted(permission))
}

/** Once, after `ready` and before the first window. */
export function secureWindows(): void {
  guardNavigation()
  refusePermissions()
}

/** A second window a little beside the first: exactly above it, it would look like the same. Pixels. */
const BESIDE = 32
/** A page that breaks more often than this in a minute would break for ever. */
const BREAKS_A_MINUTE = 3

interface WindowOptions {
  preload: string
  dataDir: string
  log: Log
  /** The window in front; undefined: this is the first. */
  front: BrowserWindow | undefined
}

export function createWindow({ preload, dataDir, log, front }: WindowOptions): BrowserWindow {
  const { isMaximized, ...last } = lastBounds(dataDir)
  const bounds = front ? beside(front.getNormalBounds()) : last
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 600,
    show: false,
    // Elsewhere the program itself carries it.
    ...(process.platform === 'linux' && { icon: join(process.resourcesPath ?? '', 'icon.png') }),
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false },
  })
  rememberBounds(window, dataDir)
  window.once('ready-to-show', () => {
    if (isMaximized && !front) window.maximize()
    window.show()
  })
  keepAlive(window, log)
  showTextMenu(window)
  // Electron asks nothing by itself: a page that holds back its closing would just not close.
  window.webContents.on('will-prevent-unload', (event) => {
    // It halts this process for as long as it is open, which is no hang.
    using _halted = haltWatching()
    const choice = dialog.showMessageBoxSync(window, {
      type: 'warning',
      message: 'Some edits have not been saved yet.',
      detail: 'They are kept and sent at the next start, but wait for "Saved" to be sure.',
      buttons: ['Wait', 'Close anyway'],
      defaultId: 0,
      cancelId: 0,
    })
    if (choice === 1) event.preventDefault()
  })
  void window.loadURL(`${APP_ORIGIN}/`)
  return window
}

const beside = ({ x, y, width, height }: Rectangle): Rectangle => ({
  x: x + BESIDE,
  y: y + BESIDE,
  width,
  height,
})

/** A page that broke is loaded again, where it was; one that does not answer can be. */
function keepAlive(window: BrowserWindow, log: Log): void {
  let breaks: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    log.error('the page broke', { reason, exitCode })
    const now = Date.now()
    breaks = [...breaks.filter((at) => at > now - 60_000), now]
    if (breaks.length > BREAKS_A_MINUTE) {
      // Not the kind that halts this process: transfers go on behind it.
      void dialog.showMessageBox({
        type: 'error',
        message: 'The window cannot be shown.',
        detail: `It broke ${breaks.length} times in a minute (${reason}). Everything that was saved is on disk. Start the app again; if it goes on, the log in the data folder says more.`,
      })
      window.destroy()
      return
    }
    // Everything acknowledged is on disk, the rest in the page's journal; its address says which image it was at.
    setImmediate(() => {
      if (!window.isDestroyed()) window.webContents.reload()
    })
  })
  window.on('unresponsive', () => {
    log.warn('the page does not answer')
    void dialog
      .showMessageBox(window, {
        type: 'warning',
        message: 'The window does not answer.',
        detail: 'It can be loaded again: what was drawn is kept.',
        buttons: ['Wait', 'Load again'],
        defaultId: 0,
        cancelId: 0,
      })
      .then(({ response }) => {
        if (response === 1 && !window.isDestroyed()) window.webContents.forcefullyCrashRenderer()
      })
  })
}

/** Cut, copy and paste where there is text; the page has menus of its own elsewhere. */
function showTextMenu(window: BrowserWindow): void {
  window.webContents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    if (!isEditable && selectionText === '') return
    Menu.buildFromTemplate([
      ...(isEditable ? [{ role: 'cut', enabled: editFlags.canCut } as const] : []),
      { role: 'copy', enabled: editFlags.canCopy },
      ...(isEditable ? [{ role: 'paste', enabled: editFlags.canPaste } as const] : []),
      { role: 'selectAll', enabled: editFlags.canSelectAll },
    ]).popup({ window })
  })
}
