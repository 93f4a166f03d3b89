import { statSync } from 'node:fs'
import { arch, cpus, freemem, homedir, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '#shared/model/bytes.ts'
import { DATABASE_FILE } from './cache/database.ts'
import type { Library } from './library/library.ts'
import type { Ports } from './ports.ts'
import { withoutSecrets } from './redact.ts'
import type { Accounts } from './sync/accounts.ts'
import type { Transfers } from './transfer/transfers.ts'

const LOG_LINES = 200

interface Features {
  ports: Pick<Ports, 'appVersion' | 'hostName' | 'dataDir' | 'log'>
  library: Pick<Library, 'list'>
  accounts: Pick<Accounts, 'list'>
  transfers: Pick<Transfers, 'list'>
}

/** Hides the home folder, which contains the user's name; the log has it in JSON form. */
function withoutHome(text: string): string {
  const home = homedir()
  if (home.length < 2) return text
  return text.replaceAll(JSON.stringify(home).slice(1, -1), '~').replaceAll(home, '~')
}

/**
 * Information for support: versions, the machine, counts and the newest log lines, which may name files. No keys; the
 * home folder is written as `~`.
 */
export async function diagnostics({
  ports,
  library,
  accounts,
  transfers,
}: Features): Promise<string> {
  const datasets = await library.list()
  const { electron, chrome, node } = process.versions
  const database = statSync(join(ports.dataDir, DATABASE_FILE), { throwIfNoEntry: false })
  const countOf = <T>(items: readonly T[], kind: (item: T) => string) =>
    [...Map.groupBy(items, kind)].map(([name, { length }]) => `${length} ${name}`).join(', ') ||
    'none'
  const lines = [
    `Pictograph Desktop ${ports.appVersion} (${ports.hostName})`,
    `At: ${new Date().toISOString()}, up ${Math.round(process.uptime())} s`,
    `System: ${platform()} ${release()} ${arch()}, ${cpus().length} cores, ${formatBytes(totalmem())} memory, ${formatBytes(freemem())} free`,
    `Runs on: ${[electron && `Electron ${electron}`, chrome && `Chromium ${chrome}`, `Node ${node}`].filter(Boolean).join(', ')}`,
    `Memory of this process: ${formatBytes(process.memoryUsage.rss())}`,
    `Data folder: ${ports.dataDir}, database ${formatBytes(database?.size ?? 0)}`,
    `Datasets: ${datasets.length}, ${datasets.reduce((sum, { imageCount }) => sum + imageCount, 0)} images, ${datasets.filter(({ missing }) => missing).length} with a missing folder`,
    `Accounts: ${countOf(accounts.list(), ({ state }) => state)}`,
    `Transfers: ${countOf(transfers.list(), ({ kind, state }) => `${kind} ${state}`)}`,
    '',
    'Log:',
    ...(ports.log.tail?.(LOG_LINES) ?? []),
  ]
  return withoutSecrets(withoutHome(lines.join('\n')))
}
