import { join } from 'node:path'
import type { Log, Ports } from '#core/ports.ts'

function write(level: string, message: string, fields?: Record<string, unknown>): void {
  process.stderr.write(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}\n`)
}

export const stderrLog: Log = {
  info: () => {},
  warn: (message, fields) => write('warning:', message, fields),
  error: (message, fields) => write('error:', message, fields),
}

/** What plain Node brings to the core. `appRoot` is the folder of package.json. */
export function nodePorts(appRoot: string, appVersion: string, dataDir: string): Ports {
  return {
    hostName: 'node',
    appVersion,
    dataDir,
    resourcesDir: join(appRoot, 'resources'),
    log: stderrLog,
    pickFolder: null,
    revealFolder: null,
  }
}
