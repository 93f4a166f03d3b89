import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { UserError } from '#core/user-error.ts'
import { defaultDataDir } from '#hosts/data-dir.ts'
import type { ListedDataset } from '#shared/model/account.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted } from '#shared/model/counted.ts'
import { credentials, openAccountCore } from './account.ts'
import { table } from './table.ts'
import type { DatasetsValues } from './values.ts'

function line({ name, imageCount, completedCount, sizeBytes, remoteId, isCold }: ListedDataset) {
  return [
    name,
    counted(imageCount, 'image'),
    `${completedCount.toLocaleString('en')} complete`,
    formatBytes(sizeBytes),
    isCold ? 'in cold storage' : '',
    remoteId,
  ]
}

/** `datasets`: lists the datasets of the organisation. Returns the exit code. Throws a UserError. */
export async function listDatasets(values: DatasetsValues, cwd: string): Promise<number> {
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const login = await credentials(dataDir, values.account)
  // A temporary library, so that listing leaves nothing on this machine.
  const folder = await mkdtemp(join(tmpdir(), 'pictograph-'))
  try {
    await using opened = await openAccountCore(folder, login)
    const { core, accountId } = opened
    const isArchived = values.archived ?? false
    const { datasets, problem } = await core.sync.remoteDatasets.list(accountId, isArchived)
    if (problem !== null) throw new UserError('offline', problem)
    const told = datasets.map(({ datasetId: _here, waiting: _waiting, ...dataset }) => dataset)
    const lines = datasets.length === 0 ? ['No datasets.'] : table(datasets.map(line))
    process.stdout.write(
      values.json ? `${terminalJson(told)}\n` : `${lines.map(terminalLine).join('\n')}\n`,
    )
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
