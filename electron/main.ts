import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { app, BrowserWindow, dialog } from 'electron'
import { createAppCore } from '#core/app-core.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { defaultDataDir } from './data-dir.ts'
import { electronPorts } from './host-electron/electron-ports.ts'
import { installMenu } from './host-electron/menu.ts'
import { handleScheme, registerScheme } from './host-electron/protocol.ts'
import { bridgeRpc } from './host-electron/rpc-bridge.ts'
import { showTransfers } from './host-electron/taskbar-progress.ts'
import { createWindow, secureWindows } from './host-electron/window.ts'
import { keepHeapSmall } from './small-heap.ts'

// Before `ready`, and before anything is awaited.
registerScheme()
app.enableSandbox()
keepHeapSmall()

const PRELOAD = join(import.meta.dirname, '../preload/preload.cjs')
const RENDERER = join(import.meta.dirname, '../renderer')
const isMac = process.platform === 'darwin'

/** How long the engine may take to let go of its files at the end, milliseconds. */
const CLOSE_WITHIN_MS = 2_000

/** `[FOLDER] [--data DIR]`, after the program and, in a checkout, the app's own folder. */
function parseArguments(argv: readonly string[], cwd: string) {
  const { values, positionals } = parseArgs({
    args: argv.slice(app.isPackaged ? 1 : 2),
    options: { data: { type: 'string' } },
    allowPositionals: true,
    // Chromium's own switches come along.
    strict: false,
  })
  const [folder] = positionals
  return {
    dataDir: typeof values.data === 'string' ? resolve(cwd, values.data) : defaultDataDir(),
    folder: folder === undefined ? null : resolve(cwd, folder),
  }
}

const given = parseArguments(process.argv, process.cwd())
const isFirst = takeLibrary()

/** Two libraries may be open at once: the lock is per library. A second start hands its folder over. */
function takeLibrary(): boolean {
  try {
    const folder = join(given.dataDir, 'electron')
    // A path that is not there yet is refused.
    mkdirSync(folder, { recursive: true })
    app.setPath('userData', folder)
    return app.requestSingleInstanceLock({ folder: given.folder })
  } catch (error) {
    dialog.showErrorBox('Pictograph Desktop cannot start', String(error))
    return false
  }
}

async function start(): Promise<void> {
  await app.whenReady()
  // A wrong path here would only show as a page without an engine.
  if (!existsSync(PRELOAD)) throw new Error(`${PRELOAD} is missing: build the app again.`)
  const core = createAppCore(electronPorts(given.dataDir), given.folder)
  secureWindows()
  installMenu(isMac)
  handleScheme(core, RENDERER, process.env.ELECTRON_RENDERER_URL)
  bridgeRpc(core)
  showTransfers(core)
  createWindow(PRELOAD, given.dataDir)

  app.on('second-instance', (_event, _argv, _cwd, handedOver) => {
    // Not from its arguments: Chromium may add to them and change their order.
    const folder =
      typeof handedOver === 'object' && handedOver !== null && 'folder' in handedOver
        ? handedOver.folder
        : null
    if (typeof folder === 'string') core.events.publish({ type: 'open-folder', path: folder })
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) createWindow(PRELOAD, given.dataDir)
  })
  app.on('window-all-closed', () => {
    if (!isMac) app.quit()
  })
  // After the windows have closed, and so after they had the chance to hold back.
  let isClosed = false
  app.on('will-quit', (event) => {
    if (isClosed) return
    isClosed = true
    event.preventDefault()
    const limit = new Promise((late) => setTimeout(late, CLOSE_WITHIN_MS))
    void Promise.race([core[Symbol.asyncDispose](), limit]).finally(() => app.exit())
  })
}

if (isFirst) {
  start().catch((error: unknown) => {
    dialog.showErrorBox('Pictograph Desktop cannot start', messageOf(error))
    app.exit(1)
  })
} else {
  app.quit()
}
