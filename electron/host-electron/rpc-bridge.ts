import { RPCHandler } from '@orpc/server/message-port'
import { BrowserWindow, type IpcMainEvent, ipcMain } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { createRouter } from '#core/rpc/router.ts'
import { APP_ORIGIN, CONNECT_CHANNEL } from '#shared/contract/connect.ts'
import type { Windows } from './windows.ts'

/** Only the main frame of our own page may connect; its address is checked at every attempt. */
export function isOurPage(event: Pick<IpcMainEvent, 'senderFrame'>): boolean {
  const frame = event.senderFrame
  return frame !== null && frame.parent === null && frame.url.startsWith(`${APP_ORIGIN}/`)
}

/** Answers RPC over the port that each page sends; a reloaded page sends a new one. */
export function bridgeRpc(core: AppCore, windows: Windows): void {
  const handler = new RPCHandler(createRouter(core))
  ipcMain.on(CONNECT_CHANNEL, (event) => {
    const [port] = event.ports
    if (!port) return
    if (!isOurPage(event)) {
      core.ports.log.warn('refused a connection', { from: event.senderFrame?.url })
      port.close()
      return
    }
    const window = BrowserWindow.fromWebContents(event.sender)
    handler.upgrade(port, {
      context: { log: core.ports.log, window: window && windows.hostWindow(window) },
    })
    port.start()
  })
}
