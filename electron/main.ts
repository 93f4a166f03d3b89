import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, BrowserWindow, dialog } from 'electron'
import { createAppCore } from '#core/app-core.ts'
import { electronPorts } from './host-electron/electron-ports.ts'
import { installMenu } from './host-electron/menu.ts'
import { handleScheme, registerScheme } from './host-electron/protocol.ts'
import { bridgeRpc } from './host-electron/rpc-bridge.ts'
import { createWindow, secureWindows } from './host-electron/window.ts'

// Before `ready`, and before anything is awaited.
registerScheme()
app.enableSandbox()
const isFirst = app.requestSingleInstanceLock()

const PRELOAD = join(import.meta.dirname, '../preload/preload.cjs')
const RENDERER = join(import.meta.dirname, '../renderer')
const isMac = process.platform === 'darwin'

/** The first argument that is a path: after the program, and in a checkout after the app's folder. */
function folderArgument(): string | null {
  const own = process.argv.slice(app.isPackaged ? 1 : 2)
  const path = own.find((argument) => !argument.startsWith('-'))
  return path === undefined ? null : resolve(path)
}

async function start(): Promise<void> {
  await app.whenReady()
  // A wrong path here would only show as a page without an engine.
  if (!existsSync(PRELOAD)) throw new Error(`${PRELOAD} is missing: build the app again.`)
  const core = createAppCore(electronPorts(), folderArgument())
  secureWindows()
  installMenu(isMac)
  handleScheme(core, RENDERER, process.env.ELECTRON_RENDERER_URL)
  bridgeRpc(core)
  createWindow(PRELOAD)

  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) createWindow(PRELOAD)
  })
  app.on('window-all-closed', () => {
    if (!isMac) app.quit()
  })
  let closing = false
  app.on('before-quit', (event) => {
    if (closing) return
    closing = true
    event.preventDefault()
    void core[Symbol.asyncDispose]().finally(() => app.exit())
  })
}

if (isFirst) {
  start().catch((error: unknown) => {
    dialog.showErrorBox(
      'Pictograph Desktop cannot start',
      error instanceof Error ? error.message : String(error),
    )
    app.exit(1)
  })
} else {
  app.quit()
}
