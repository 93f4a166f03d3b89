import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  app,
  BrowserWindow,
  Menu,
  nativeTheme,
  type Rectangle,
  screen,
  session,
  shell,
} from 'electron'
import type { Log } from '#core/ports.ts'
import { APP_ORIGIN } from '#shared/contract/connect.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { ask, askSync } from './dialogs.ts'

/** The page's own background, so that nothing flashes before the first paint. */
const BACKGROUND = { light: '#f4f5f7', dark: '#121316' }

/** Allows navigation only within the page, and opens web addresses in the system's browser. */
function guardNavigation(log: Log): void {
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
      if (/^https:\/\//.test(url))
        shell
          .openExternal(url)
          .catch((error: unknown) => log.warn('link not opened', { error: messageOf(error) }))
      return { action: 'deny' }
    })
  })
}

/** Electron grants every permission by default; the page may only show notifications and copy text. */
const GRANTED: ReadonlySet<string> = new Set(['notifications', 'clipboard-sanitized-write'])

function refusePermissions(): void {
  const isGranted = (permission: string) => GRANTED.has(permission)
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(isGranted(permission)),
  )
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => isGranted(permission))
}

/** Call once, after `ready` and before the first window. */
export function secureWindows(log: Log): void {
  guardNavigation(log)
  refusePermissions()
}

/** Size of a window that nobody has moved or resized yet, in pixels. */
const FIRST_SIZE = { width: 1440, height: 900 }
/** Offset of a second window; exactly above the first, it would look like the same one. Pixels. */
const BESIDE = 32
/** A page that is not painted by then is shown as it is. Milliseconds. */
const SHOWN_AFTER_MS = 3_000

/** The window's icon if the program has none; missing in a checkout that has not drawn it. */
function icon(): { icon?: string } {
  if (process.platform !== 'linux') return {}
  const places = [
    join(process.resourcesPath ?? '', 'icon.png'),
    join(import.meta.dirname, '../icons/png/256x256.png'),
  ]
  const file = places.find(existsSync)
  return file === undefined ? {} : { icon: file }
}

/**
 * Shows a window when its page is painted. Wayland does not paint hidden windows and sends no such event, so the end
 * of loading counts as well, or three seconds.
 */
function showWhenPainted(window: BrowserWindow): void {
  let isShown = false
  const show = () => {
    clearTimeout(timer)
    if (isShown || window.isDestroyed()) return
    isShown = true
    window.show()
  }
  const timer = setTimeout(show, SHOWN_AFTER_MS)
  window.once('ready-to-show', show)
  window.webContents.once('did-finish-load', show)
}

/** A page that crashes more often than this within a minute would crash forever. */
const BREAKS_A_MINUTE = 3

interface WindowOptions {
  preload: string
  log: Log
  /** The front window; undefined: this is the first. */
  front: BrowserWindow | undefined
}

export function createWindow({ preload, log, front }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    ...(front
      ? beside(front.getNormalBounds())
      : // Electron restores its position, or moves it to a display that still exists.
        { ...firstSize(), name: 'first', windowStatePersistence: true }),
    minWidth: 960,
    minHeight: 600,
    show: false,
    ...icon(),
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false },
  })
  showWhenPainted(window)
  keepAlive(window, log)
  showTextMenu(window)
  // Electron does not ask by itself: a page that prevents closing would simply not close.
  window.webContents.on('will-prevent-unload', (event) => {
    const choice = askSync(window, {
      type: 'warning',
      message: t('Some edits have not been saved yet.'),
      detail: t('They are kept and will be saved at the next start. To be sure, wait for “Saved”.'),
      buttons: [t('Wait'), t('Close anyway')],
      defaultId: 0,
      cancelId: 0,
    })
    if (choice === 1) event.preventDefault()
  })
  window
    .loadURL(`${APP_ORIGIN}/`)
    .catch((error: unknown) => log.error('the page was not loaded', { error: messageOf(error) }))
  return window
}

/** Not larger than its screen. */
function firstSize(): { width: number; height: number } {
  const { workAreaSize } = screen.getPrimaryDisplay()
  return {
    width: Math.min(FIRST_SIZE.width, workAreaSize.width),
    height: Math.min(FIRST_SIZE.height, workAreaSize.height),
  }
}

const beside = ({ x, y, width, height }: Rectangle): Rectangle => ({
  x: x + BESIDE,
  y: y + BESIDE,
  width,
  height,
})

/** Reloads a page that crashed, at the same place, and offers it for one that hangs. */
function keepAlive(window: BrowserWindow, log: Log): void {
  let breaks: number[] = []
  let isAsking = false
  const report = (error: unknown) => log.error('dialog not shown', { error: messageOf(error) })
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    log.error('the page broke', { reason, exitCode })
    const now = Date.now()
    breaks = [...breaks.filter((at) => at > now - 60_000), now]
    if (breaks.length > BREAKS_A_MINUTE) {
      giveUp(window, { breaks: breaks.length, reason }).catch(report)
      return
    }
    // Everything acknowledged is on disk, the rest is in the page's journal, and its address names the open image.
    setImmediate(() => {
      if (!window.isDestroyed()) window.webContents.reload()
    })
  })
  window.on('unresponsive', () => {
    log.warn('the page does not answer')
    if (isAsking) return
    isAsking = true
    offerToReload(window)
      .catch(report)
      .finally(() => {
        isAsking = false
      })
  })
}

/**
 * Reports that the page cannot be shown, then closes its window. Closing the last window first would end the app with
 * the dialog.
 */
async function giveUp(
  window: BrowserWindow,
  { breaks, reason }: { breaks: number; reason: string },
): Promise<void> {
  await ask(window, {
    type: 'error',
    message: t('The window can’t be shown.'),
    detail: t(
      'It crashed {count} times in a minute ({reason}). Everything that was saved is on disk. Start the app again. If it keeps happening, see the log in the data folder.',
      { count: breaks, reason },
    ),
    buttons: [t('Close')],
  })
  if (!window.isDestroyed()) window.destroy()
}

async function offerToReload(window: BrowserWindow): Promise<void> {
  const choice = await ask(window, {
    type: 'warning',
    message: t('The window isn’t responding.'),
    detail: t('Reload it to continue. Everything you drew is kept.'),
    buttons: [t('Wait'), t('Reload')],
    defaultId: 0,
    cancelId: 0,
  })
  if (choice === 1 && !window.isDestroyed()) window.webContents.forcefullyCrashRenderer()
}

/** Offers cut, copy and paste for text fields; the page has its own menus elsewhere. */
function showTextMenu(window: BrowserWindow): void {
  window.webContents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    if (!isEditable && selectionText === '') return
    Menu.buildFromTemplate([
      ...(isEditable ? [{ role: 'cut', label: t('Cut'), enabled: editFlags.canCut } as const] : []),
      { role: 'copy', label: t('Copy'), enabled: editFlags.canCopy },
      ...(isEditable
        ? [{ role: 'paste', label: t('Paste'), enabled: editFlags.canPaste } as const]
        : []),
      { role: 'selectAll', label: t('Select all'), enabled: editFlags.canSelectAll },
    ]).popup({ window })
  })
}
