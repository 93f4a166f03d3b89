import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { AppCore } from '#core/app-core.ts'
import { requireInside } from '#core/transfer/upload-target.ts'
import { UserError } from '#core/user-error.ts'
import { defaultDataDir } from '#hosts/data-dir.ts'
import type { ListedDataset } from '#shared/model/account.ts'
import {
  downloadOptionsSchema,
  type Transfer,
  uploadOptionsSchema,
} from '#shared/model/transfer.ts'
import { credentials, findDataset, openAccountCore } from './account.ts'
import { follow, printReport } from './transfer-report.ts'
import type { DownloadValues, UploadValues } from './values.ts'

/** The exit code of a program ended by Ctrl+C. */
const INTERRUPTED = 130

interface Job {
  kind: Transfer['kind']
  dataset: string
  /** Absolute: the folder of a download, or the sources of an upload. */
  places: string[]
  options: object
  /** Create the dataset if it does not exist. */
  create: boolean
}

type Shared = Pick<DownloadValues, 'data' | 'account' | 'connections' | 'json'>

/** `download DATASET FOLDER`; returns the exit code of `transfer`. */
export function download(
  dataset: string,
  folder: string,
  values: DownloadValues,
  cwd: string,
): Promise<number> {
  const what = { images: 'images_only', annotations: 'annotations_only' }[values.only ?? '']
  const options = downloadOptionsSchema.parse({
    what: what ?? 'full',
    layout: values.format,
    stages: values.stage ?? [],
    splits: values.split ?? [],
    tags: values.tag ?? [],
    classes: values.class ?? [],
    imageIds: null,
    onChanged: values.onChanged ?? (values.force ? 'replace' : 'beside'),
  })
  const places = [resolve(cwd, folder)]
  return transfer({ kind: 'download', dataset, places, options, create: false }, values, cwd)
}

/** `upload FOLDER… DATASET`; returns the exit code of `transfer`. */
export async function upload(
  given: readonly string[],
  values: UploadValues,
  cwd: string,
): Promise<number> {
  const dataset = given.at(-1)
  const places = given.slice(0, -1).map((place) => resolve(cwd, place))
  if (!dataset || places.length === 0)
    throw new UserError('usage', 'upload: specify the folder and the dataset. See help upload.')
  const missing = places.find((place) => !existsSync(place))
  if (missing) throw new UserError('not_found', `${missing} does not exist.`)
  requireInside(values.directory)
  const options = uploadOptionsSchema.parse({
    directory: values.directory,
    tree: values.tree,
    onExisting: values.existing,
    withLabels: values.labels,
  })
  const create = values.create ?? false
  return transfer({ kind: 'upload', dataset, places, options, create }, values, cwd)
}

/** The transfer that an earlier run of the same command left, or a new one. */
async function begin(
  core: AppCore,
  accountId: string,
  { remoteId, name }: ListedDataset,
  job: Job,
): Promise<Transfer> {
  const target = { accountId, remoteId, name }
  for (const earlier of core.transfers.list()) {
    if (earlier.state === 'done' || earlier.state === 'cancelled') continue
    // If the folder is gone, the same command starts over.
    if (earlier.kind === 'download' && !existsSync(earlier.place)) {
      await core.transfers.remove(earlier.id)
      continue
    }
    await core.transfers.retry(earlier.id)
    return earlier
  }
  return job.kind === 'download'
    ? core.transfers.download(target, job.places[0], downloadOptionsSchema.parse(job.options))
    : core.transfers.upload(target, job.places, uploadOptionsSchema.parse(job.options))
}

/**
 * A separate library per command: several commands can run at the same time, beside the app, and each resumes its own
 * transfer.
 */
function libraryOf({ kind, dataset, places, options }: Job, baseUrl: string): string {
  const identity = JSON.stringify([baseUrl, kind, dataset, places, options])
  return createHash('sha256').update(identity).digest('hex').slice(0, 16)
}

/**
 * Downloads or uploads without a window; the same command resumes an earlier run. Returns the exit code: 0 complete,
 * 1 if files failed, 130 if interrupted. Throws a UserError if nothing could start.
 */
async function transfer(job: Job, values: Shared, cwd: string): Promise<number> {
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const login = await credentials(dataDir, values.account)
  const folder = join(dataDir, 'command-line', libraryOf(job, login.baseUrl))
  await using opened = await openAccountCore(folder, login)
  const { core, accountId } = opened
  if (values.connections !== undefined)
    core.settings.write({ transferConnections: values.connections })
  const found = await findDataset(core, accountId, job.dataset, {
    create: job.create,
    wayOut: job.kind === 'upload' ? 'Add --create to make it.' : 'See: pictograph-desktop datasets',
  })
  const { id } = await begin(core, accountId, found, job)
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
    void core.transfers.pause(id)
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let ended: Transfer
  {
    using _following = follow(core, id)
    ended = await core.transfers.settled(id)
  }
  if (isInterrupted) {
    process.stderr.write('Interrupted. The same command goes on from here.\n')
    return INTERRUPTED
  }
  printReport(ended, core.transfers.failures(id), values.json ?? false)
  return ended.state === 'done' ? 0 : 1
}
