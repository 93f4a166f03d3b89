import './small-heap.ts'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow } from 'electron'
import { type AppCore, createAppCore } from '#core/app-core.ts'
import { crashLoop, quitsInOrder } from '#core/crash-loop.ts'
import { currentLog, fileLog } from '#core/log-file.ts'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from '#core/ports.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'
import { LINK_SCHEME } from '#shared/model/link.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { takeEndedBecause, waitForPrevious } from './after-previous.ts'
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
// Must run before `ready`, and before any await.
registerScheme()
// Calling it anyway would override the user's or a container's command line.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
// Notifications and recent datasets belong to the program that the installer registered.
if (process.platform === 'win32') app.setAppUserModelId('io.pictograph.desktop')

const PRELOAD = join(import.meta.dirname, '../preload/preload.cjs')
const RENDERER = join(import.meta.dirname, '../renderer')
const isMac = process.platform === 'darwin'

/** How long the core may take to close its files at the end, in milliseconds. */
const CLOSE_WITHIN_MS = 2_000

const given = startArguments(process.argv, { cwd: process.cwd(), isPackaged: app.isPackaged })
const isFirst = takeLibrary()

/**
 * Opens what another start, the dock or a link asks for; null: only comes to the front. Replaced once there are
 * windows; until then `given` holds the target.
 */
let open = (target: string | null): void => {
  given.target = target ?? given.target
}
// A Mac sends these events instead of arguments, the first one before `ready`.
app.on('open-file', (event, path) => {
  event.preventDefault()
  open(path)
})
app.on('open-url', (event, url) => {
  event.preventDefault()
  open(url)
})
// Do not use the arguments of the second start: Chromium may add to them and change their order.
app.on('second-instance', (_event, _argv, _cwd, handedOver) => open(targetIn(handedOver)))

function targetIn(handedOver: unknown): string | null {
  if (typeof handedOver !== 'object' || handedOver === null || !('target' in handedOver))
    return null
  return typeof handedOver.target === 'string' ? handedOver.target : null
}

/**
 * The lock is per library, so two libraries may be open at once. A second start on the same one passes its target on.
 */
function takeLibrary(): boolean {
  try {
    const folder = join(given.dataDir, 'electron')
    // Electron refuses a path that does not exist yet.
    makeFolderSync(folder, PRIVATE_FOLDER)
    app.setPath('userData', folder)
    return app.requestSingleInstanceLock({ target: given.target })
  } catch (error) {
    showError(t('Pictograph Desktop can’t start'), messageOf(error))
    return false
  }
}

/** Restarts the app after this process has ended. */
function beginAgain(target: string | null): void {
  app.relaunch({
    args: [...given.others, ...(target === null ? [] : [target])],
    // The mount point of an AppImage is gone with its process.
    ...(process.env.APPIMAGE !== undefined && { execPath: process.env.APPIMAGE }),
  })
}

/**
 * Logs uncaught errors, and reports the first one. Electron's own dialog would block this process for each error. The
 * app continues, because every edit is a separate transaction.
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
        'Everything shown as saved is on disk. If the app behaves oddly, restart it. ({message})',
        { message: messageOf(error) },
      ),
      buttons: [t('Continue')],
    }).catch(() => {})
  })
  process.on('unhandledRejection', (reason) => log.error('unhandled', { error: messageOf(reason) }))
}

/** In a checkout the launcher waits for this file; without it, it serves the app to a browser. */
function tellLauncher(): void {
  const file = process.env.PICTOGRAPH_STARTED_FILE
  if (!app.isPackaged && file !== undefined) writeFileSync(file, '')
}

async function start(): Promise<void> {
  await app.whenReady()
  tellLauncher()
  // A wrong path would only show as a page without a core.
  if (!existsSync(PRELOAD)) throw new Error(`${PRELOAD} is missing: build the app again.`)
  const logs = join(given.dataDir, 'logs')
  const log = fileLog(logs, consoleLog)
  log.info('started', { version: app.getVersion() })
  const ports = electronPorts(given.dataDir, log)
  reportUncaught(log)
  // Each start counts, also one after a hang.
  const looped = crashLoop(given.dataDir)
  ports.endedBecause = takeEndedBecause() ?? looped
  const core = createAppCore(ports, null)
  const watchdog = watch({
    logFile: currentLog(logs),
    restart: {
      // The mount point of an AppImage is gone with its process.
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
  // Read only now, because another start may have arrived meanwhile.
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

/** Closes the core before the process ends, and keeps a start that arrives meanwhile. */
function endInOrder(core: AppCore, windows: Windows, watchdog: Disposable): void {
  let isEnding = false
  let isClosing = false
  /** A start since quitting began: restart the app afterwards. */
  let startedAgain: { target: string | null } | null = null
  open = (target) => {
    if (isEnding) startedAgain = { target }
    // A window may still cancel quitting, and then it must be opened here.
    if (isClosing) return
    if (target === null) windows.show()
    else windows.openTarget(target)
  }
  app.on('before-quit', () => {
    if (isClosing) return
    isEnding = true
    startedAgain = null
  })
  // After all windows have closed, and could have cancelled quitting.
  app.on('will-quit', (event) => {
    // A second quit must not interrupt the first.
    event.preventDefault()
    if (isClosing) return
    isClosing = true
    quitsInOrder(given.dataDir)
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
    showError(t('Pictograph Desktop can’t start'), messageOf(error))
    app.exit(1)
  })
} else {
  app.quit()
}
