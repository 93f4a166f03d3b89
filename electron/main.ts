import './small-heap.ts'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow } from 'electron'
import { type AppCore, createAppCore } from '#core/app-core.ts'
import { currentLog, fileLog } from '#core/log-file.ts'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from '#core/ports.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'
import { LINK_SCHEME } from '#shared/model/link.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { waitForPrevious } from './after-previous.ts'
import { outliveTerminal } from './closed-terminal.ts'
import { ask, showError } from './host-electron/dialogs.ts'
import { consoleLog, electronPorts } from './host-electron/electron-ports.ts'
import { followPower } from './host-electron/power.ts'
import { handleScheme, registerScheme } from './host-electron/protocol.ts'
import { followRecent } from './host-electron/recent-datasets.ts'
import { bridgeRpc } from './host-electron/rpc-bridge.ts'
import { startArguments } from './host-electron/start-arguments.ts'
import { showTransfers } from './host-electron/taskbar-progress.ts'
import { startUpdates } from './host-electron/updates.ts'
import { secureWindows } from './host-electron/window.ts'
import { Windows } from './host-electron/windows.ts'
import { watch } from './watchdog.ts'

outliveTerminal()
waitForPrevious()
// Before `ready`, and before anything is awaited.
registerScheme()
// Asked for anew it would take back what the person, or a container, asked for on the command line.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
// Notifications and the list of recent datasets belong to the program that the installer made known.
if (process.platform === 'win32') app.setAppUserModelId('io.pictograph.desktop')

const PRELOAD = join(import.meta.dirname, '../preload/preload.cjs')
const RENDERER = join(import.meta.dirname, '../renderer')
const isMac = process.platform === 'darwin'

/** How long the engine may take to let go of its files at the end, milliseconds. */
const CLOSE_WITHIN_MS = 2_000

const given = startArguments(process.argv, { cwd: process.cwd(), isPackaged: app.isPackaged })
const isFirst = takeLibrary()

/**
 * Opens what another start, the dock or a link asks for; null: the app is only to come to the front. Replaced once
 * there are windows; until then it waits in `given`.
 */
let open = (target: string | null): void => {
  given.target = target ?? given.target
}
// A Mac sends these instead of arguments, and the first of them before `ready`.
app.on('open-file', (event, path) => {
  event.preventDefault()
  open(path)
})
app.on('open-url', (event, url) => {
  event.preventDefault()
  open(url)
})
// Not from the arguments of the second start: Chromium may add to them and change their order.
app.on('second-instance', (_event, _argv, _cwd, handedOver) => open(targetIn(handedOver)))

function targetIn(handedOver: unknown): string | null {
  if (typeof handedOver !== 'object' || handedOver === null || !('target' in handedOver))
    return null
  return typeof handedOver.target === 'string' ? handedOver.target : null
}

/** Two libraries may be open at once: the lock is per library. A second start hands over what it was to open. */
function takeLibrary(): boolean {
  try {
    const folder = join(given.dataDir, 'electron')
    // A path that is not there yet is refused.
    makeFolderSync(folder, PRIVATE_FOLDER)
    app.setPath('userData', folder)
    return app.requestSingleInstanceLock({ target: given.target })
  } catch (error) {
    showError(t('Pictograph Desktop cannot start'), messageOf(error))
    return false
  }
}

/** Starts the app once more when this process has ended. */
function beginAgain(target: string | null): void {
  app.relaunch({
    args: [...given.others, ...(target === null ? [] : [target])],
    // An AppImage's own place is gone with its process.
    ...(process.env.APPIMAGE !== undefined && { execPath: process.env.APPIMAGE }),
  })
}

/**
 * Logs what nobody caught, and tells it once. Electron's own dialog would halt this process, and come for each error;
 * the app goes on, since every edit is a transaction of its own.
 */
function reportUncaught(log: Log): void {
  let isTold = false
  process.on('uncaughtException', (error) => {
    log.error('uncaught', { error: messageOf(error), stack: error.stack })
    if (isTold) return
    isTold = true
    ask(null, {
      type: 'error',
      message: t('Something went wrong in the app’s engine.'),
      detail: t(
        'Everything that shows as saved is on disk, and the app goes on. If it behaves oddly, start it again. ({message})',
        { message: messageOf(error) },
      ),
      buttons: [t('Continue')],
    }).catch(() => {})
  })
  process.on('unhandledRejection', (reason) => log.error('unhandled', { error: messageOf(reason) }))
}

/** In a checkout the launcher waits for this file: without it, it serves the app to a browser instead. */
function tellLauncher(): void {
  const file = process.env.PICTOGRAPH_STARTED_FILE
  if (!app.isPackaged && file !== undefined) writeFileSync(file, '')
}

async function start(): Promise<void> {
  await app.whenReady()
  tellLauncher()
  // A wrong path here would only show as a page without an engine.
  if (!existsSync(PRELOAD)) throw new Error(`${PRELOAD} is missing: build the app again.`)
  const logs = join(given.dataDir, 'logs')
  const log = fileLog(logs, consoleLog)
  log.info('started', { version: app.getVersion() })
  const ports = electronPorts(given.dataDir, log)
  reportUncaught(log)
  const core = createAppCore(ports, null)
  const watchdog = watch({
    logFile: currentLog(logs),
    restart: {
      // An AppImage's own place is gone with its process.
      program: process.env.APPIMAGE ?? process.execPath,
      args: process.argv.slice(1),
      isAttached: false,
    },
  })
  const windows = new Windows({ core, preload: PRELOAD, isMac })
  // In a checkout this would register Electron itself.
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME)
  secureWindows(log)
  handleScheme(core, RENDERER, app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL)
  bridgeRpc(core, windows)
  showTransfers(core)
  followPower(core)
  await windows.followLanguage()
  // Only now: another start may have come meanwhile.
  if (given.target !== null) core.opening.setTarget(given.target)
  windows.open()
  endInOrder(core, windows, watchdog)
  followRecent(core, windows)
  startUpdates(core, windows).then(
    (updates) => {
      ports.updates = updates
    },
    (error: unknown) => log.warn('no updates', { error: messageOf(error) }),
  )

  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) windows.open()
  })
  app.on('window-all-closed', () => {
    if (!isMac) app.quit()
  })
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => {
    if (reason !== 'clean-exit') log.error('a helper process ended', { type, reason, exitCode })
  })
}

/** Lets the engine close before the process ends, and loses no start that comes while it ends. */
function endInOrder(core: AppCore, windows: Windows, watchdog: Disposable): void {
  let isEnding = false
  let isClosing = false
  /** A start since the end was asked for: the app begins once more when it has ended. */
  let startedAgain: { target: string | null } | null = null
  open = (target) => {
    if (isEnding) startedAgain = { target }
    // A window may still hold back the end, and then it has to be open here.
    if (isClosing) return
    if (target === null) windows.show()
    else windows.openTarget(target)
  }
  app.on('before-quit', () => {
    if (isClosing) return
    isEnding = true
    startedAgain = null
  })
  // After the windows have closed, and so after they had the chance to hold back.
  app.on('will-quit', (event) => {
    // A second wish to end must not cut off the first.
    event.preventDefault()
    if (isClosing) return
    isClosing = true
    watchdog[Symbol.dispose]()
    const limit = new Promise((late) => setTimeout(late, CLOSE_WITHIN_MS))
    const closed = core[Symbol.asyncDispose]().catch((error: unknown) =>
      core.ports.log.error('the engine did not close in order', { error: messageOf(error) }),
    )
    Promise.race([closed, limit]).then(() => {
      if (startedAgain !== null) beginAgain(startedAgain.target)
      app.exit()
    }, app.exit)
  })
}

if (isFirst) {
  start().catch((error: unknown) => {
    showError(t('Pictograph Desktop cannot start'), messageOf(error))
    app.exit(1)
  })
} else {
  app.quit()
}
