import { join } from 'node:path'
import { fileLog } from '#core/log-file.ts'
import type { Log, Ports, Secrets } from '#core/ports.ts'
import { secretFile } from '#core/secret-file.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { startForked } from './forked-process.ts'

function write(level: string, message: string, fields?: Record<string, unknown>): void {
  const more = fields && Object.keys(fields).length > 0 ? ` ${terminalJson(fields)}` : ''
  process.stderr.write(`${level} ${terminalLine(message)}${more}\n`)
}

/** Its input is already redacted, because it follows the file log. */
export const stderrLog: Log = {
  info: () => {},
  warn: (message, fields) => write('warning:', message, fields),
  error: (message, fields) => write('error:', message, fields),
}

/** Plain Node has no keyring, so file permissions protect the key. */
export function fileSecrets(dataDir: string): Secrets {
  const asItIs = async (value: string) => value
  return secretFile(join(dataDir, 'secrets.json'), {
    encrypt: asItIs,
    decrypt: asItIs,
    warning: async () => null,
  })
}

/** What plain Node provides to the core. `appRoot` is the folder of package.json; `alsoLog` gets a copy of the log. */
export function nodePorts(
  appRoot: string,
  appVersion: string,
  dataDir: string,
  alsoLog = stderrLog,
): Ports {
  return {
    hostName: 'node',
    appVersion,
    dataDir,
    resourcesDir: join(appRoot, 'resources'),
    log: fileLog(join(dataDir, 'logs'), alsoLog),
    secrets: fileSecrets(dataDir),
    pickFolder: null,
    resolveProxy: null,
    revealFolder: null,
    updates: null,
    startProcess: startForked,
  }
}
