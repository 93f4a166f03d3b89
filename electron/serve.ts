import { join } from 'node:path'
import { createAppCore } from '#core/app-core.ts'
import { currentLog } from '#core/log-file.ts'
import { appVersion, findAppRoot } from './app-root.ts'
import { nodePorts } from './host-node/node-ports.ts'
import { serve } from './host-node/server.ts'
import { watch } from './watchdog.ts'

/** "PICT" on a phone keypad is taken; this port is unassigned. */
const DEFAULT_PORT = 7365

export interface ServeArguments {
  dataDir: string
  /** null: the default port, or any free one if that is taken. */
  port: number | null
  host: string
  /** A folder, image or link to open first. */
  target: string | null
  print: (line: string) => void
  /** How the run before this one crashed; undefined: it did not. */
  endedBecause?: string
}

/** Runs the app in this process until it is stopped. Its supervisor restarts it, see supervisor.ts. */
export async function serveApp({
  dataDir,
  port,
  host,
  target,
  print,
  endedBecause,
}: ServeArguments) {
  const appRoot = findAppRoot()
  const core = createAppCore(
    { ...nodePorts(appRoot, appVersion(appRoot), dataDir), endedBecause },
    target,
  )
  try {
    const served = await serve({
      core,
      rendererDir: join(appRoot, 'out/renderer'),
      ports: port === null ? [DEFAULT_PORT, 0] : [port],
      host,
      onNewAddress: (url) => print(`A new address, for one use: ${url}`),
    })
    const watchdog = watch({ logFile: currentLog(join(dataDir, 'logs')), restart: null })
    return {
      url: served.url,
      port: served.port,
      [Symbol.asyncDispose]: async () => {
        watchdog[Symbol.dispose]()
        await served[Symbol.asyncDispose]()
        await core[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await core[Symbol.asyncDispose]()
    throw error
  }
}
