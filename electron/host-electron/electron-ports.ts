import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { app, BrowserWindow, session, shell } from 'electron'
import type { Log, Ports } from '#core/ports.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { UserError } from '#core/user-error.ts'
import { chooseFolder } from './dialogs.ts'
import { safeSecrets } from './safe-secrets.ts'
import { startUtility } from './utility-process.ts'

export const consoleLog: Log = {
  info: (message, fields) => console.info(terminalLine(message), terminalJson(fields ?? {})),
  warn: (message, fields) => console.warn(terminalLine(message), terminalJson(fields ?? {})),
  error: (message, fields) => console.error(terminalLine(message), terminalJson(fields ?? {})),
}

/** What Electron provides to the core. Call after `ready`. */
export function electronPorts(dataDir: string, log: Log): Ports {
  return {
    hostName: 'electron',
    appVersion: app.getVersion(),
    dataDir,
    resourcesDir: app.isPackaged ? process.resourcesPath : join(app.getAppPath(), 'resources'),
    log,
    secrets: safeSecrets(dataDir),
    pickFolder: ({ title, windowId, from }) =>
      chooseFolder({
        title,
        window: windowId === null ? null : BrowserWindow.fromId(Number(windowId)),
        // Since Electron 43 the dialog opens in Downloads by default.
        from: from !== null && existsSync(from) ? from : app.getPath('home'),
      }),
    resolveProxy: (url) => session.defaultSession.resolveProxy(url),
    revealFolder: async (path) => {
      // `openPath` can start programs, so allow only folders.
      const info = await stat(path)
      if (!info.isDirectory()) throw new UserError('not_a_folder', `${path} is not a folder.`)
      const problem = await shell.openPath(path)
      if (problem !== '') throw new UserError('reveal', problem)
    },
    updates: null,
    startProcess: startUtility,
  }
}
