import { app, BrowserWindow, dialog, nativeTheme, session, shell } from 'electron'
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

/** Electron grants every permission unless told otherwise: the page may tell of a finished transfer, no more. */
function refusePermissions(): void {
  const isGranted = (permission: string) => permission === 'notifications'
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

export function createWindow(preload: string, dataDir: string): BrowserWindow {
  const { isMaximized, ...bounds } = lastBounds(dataDir)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false },
  })
  rememberBounds(window, dataDir)
  window.once('ready-to-show', () => {
    if (isMaximized) window.maximize()
    window.show()
  })
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    // Everything acknowledged is on disk, the rest in the page's journal: a new page goes on there.
    if (reason !== 'clean-exit') window.webContents.reload()
  })
  // Electron asks nothing by itself: a page that holds back its closing would just not close.
  window.webContents.on('will-prevent-unload', (event) => {
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
