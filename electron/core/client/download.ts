import { join, resolve } from 'node:path'
import {
  AuthenticationError,
  type Client,
  ConflictError,
  PictographError,
  ValidationError,
} from '#core/api/client.ts'
import { isCold } from '#core/api/wire-dataset.ts'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { openLibrary } from '#core/cache/database.ts'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import { EventBus } from '#core/event-bus.ts'
import { makeFolder } from '#core/make-folder.ts'
import { probeImage } from '#core/media/probe.ts'
import type { LabelSink } from '#core/transfer/label-sink.ts'
import { Transfers } from '#core/transfer/transfers.ts'
import { toUserError } from '#core/user-error.ts'
import { sameValue } from '#shared/model/change-set.ts'
import { stageSchema } from '#shared/model/dataset.ts'
import {
  ALL_FILES,
  type DownloadOptions as EngineOptions,
  type Transfer,
} from '#shared/model/transfer.ts'
import type { DownloadOptions, DownloadResult } from './download-options.ts'
import { routeTo } from './route.ts'

/** Folder for the download's state, so that another call resumes and fetches only what changed. */
const STATE_FOLDER = '.pictograph-client'
const MAX_WORKERS = 64
const ROUTE = 'datasets.download'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** The sink for labels of uploads, which a download never uses. */
const unused = () => {
  throw new Error('A download saves no labels')
}
const noLabels = { take: unused, push: unused, retry: unused, state: unused } satisfies LabelSink

function invalid(field: string, message: string): ValidationError {
  return new ValidationError(`${field}: ${message}`, { route: ROUTE }, [{ field, message }])
}

function engineOptions({ mode = 'full', statusFilter }: DownloadOptions): EngineOptions {
  const modes = ['full', 'images_only', 'annotations_only'] as const
  if (!modes.includes(mode)) throw invalid('mode', `must be one of ${modes.join(', ')}`)
  const stage = stageSchema.safeParse(statusFilter)
  if (statusFilter !== undefined && !stage.success)
    throw invalid('statusFilter', `must be one of ${stageSchema.options.join(', ')}`)
  return { ...ALL_FILES, what: mode, stages: stage.success ? [stage.data] : [] }
}

function workers({ maxWorkers = MAX_WORKERS }: DownloadOptions): number {
  if (Number.isInteger(maxWorkers) && maxWorkers >= 1) return maxWorkers
  throw invalid('maxWorkers', `must be a whole number of at least 1 (it is ${maxWorkers})`)
}

/**
 * Implements `Datasets.download`. `folder`: created if missing. Rejects with a PictographError, or with the signal's
 * reason.
 */
export async function downloadDataset(
  client: Client,
  dataset: string,
  folder: string,
  options: DownloadOptions,
): Promise<DownloadResult> {
  const { signal, onProgress } = options
  const wanted = engineOptions(options)
  const ceiling = workers(options)
  signal?.throwIfAborted()
  // Fail on a wrong key or name before creating anything here.
  const found = await client.datasets.get(dataset, { ...(signal && { signal }) })
  const { id: remoteId, name } = found
  if (isCold(found) && wanted.what !== 'annotations_only')
    throw new ConflictError(
      `“${name}” is in cold storage: bring it back with datasets.restore first, or download annotations_only`,
      { route: ROUTE, code: 'dataset_cold' },
    )
  const place = resolve(folder)
  let fault: { error: unknown } | null = null
  try {
    await makeFolder(place)
    const dataDir = join(place, STATE_FOLDER)
    using library = openLibrary(dataDir)
    const rows = new TransferRepository(library.db)
    const events = new EventBus()
    let refused: AuthenticationError | null = null
    const run = async <T>(_account: string, work: (client: Client) => Promise<T>): Promise<T> => {
      try {
        return await work(client)
      } catch (error) {
        // The engine would wait for another key, but here nobody can enter one.
        if (error instanceof AuthenticationError && !error.isForeign) {
          refused = error
          stop()
        }
        throw error
      }
    }
    await using transfers = new Transfers({
      transfers: rows,
      clock: client.http.clock,
      log: silent,
      dataDir,
      run,
      aside: run,
      budget: () => client.budget,
      serviceOf: () => client.http.baseUrl,
      labels: () => noLabels,
      routeTo,
      probe: probeImage,
      labelReader: () => {
        throw new Error('A download reads no label files')
      },
      ceiling: () => ceiling,
      events,
      onUploaded: () => {},
    })
    let begun: string | null = null
    const stop = () => {
      if (begun !== null) transfers.pause(begun).catch(() => {})
    }
    const accountId = accountOf(library.db, client)
    const id = await begin(transfers, rows, { accountId, remoteId, name, place, wanted })
    begun = id
    const tell = (transfer: Transfer) => {
      try {
        onProgress?.(progressOf(transfer))
      } catch (error) {
        // An error of the caller's own callback ends the download and goes back to the caller.
        fault ??= { error }
        stop()
      }
    }
    using _listening = events.on((event) => {
      if (event.type === 'transfer' && event.transfer.id === id) tell(event.transfer)
    })
    signal?.addEventListener('abort', stop, { once: true })
    try {
      if (signal?.aborted || refused) stop()
      const ended = await transfers.settled(id)
      tell(ended)
      if (refused) throw refused
      if (fault) throw (fault as { error: unknown }).error
      signal?.throwIfAborted()
      return resultOf(ended, transfers)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  } catch (error) {
    if (error instanceof PictographError || signal?.aborted || fault) throw error
    const { reason, message } = toUserError(error, place)
    const words =
      reason === 'folder_in_use' ? `Another download into ${place} is under way` : message
    throw new PictographError(words, { route: ROUTE, cause: error })
  }
}

/** The database stores transfers by account; this one stands for the client. */
function accountOf(db: ReturnType<typeof openLibrary>['db'], client: Client): string {
  const accounts = new AccountRepository(db)
  const baseUrl = client.http.baseUrl.href
  const known = accounts.list().find((account) => account.baseUrl === baseUrl)
  const fields = { baseUrl, organizationId: '', organization: '', tier: null }
  return (known ?? accounts.create(fields)).id
}

/** Resumes the same download of an earlier call, or starts a new one. Returns its id. */
async function begin(
  transfers: Transfers,
  rows: TransferRepository,
  { accountId, remoteId, name, place, wanted }: Begin,
): Promise<string> {
  const left = rows
    .list()
    .find(
      (row) =>
        row.state !== 'done' &&
        row.accountId === accountId &&
        row.remoteId === remoteId &&
        sameValue(row.options, wanted),
    )
  // Remove the others: they are finished, or another download that is not resumed.
  for (const { id } of rows.list()) if (id !== left?.id) await transfers.remove(id)
  if (!left || left.place !== place)
    return transfers.download({ accountId, remoteId, name }, place, wanted).id
  await transfers.retry(left.id)
  return left.id
}

interface Begin {
  accountId: string
  remoteId: string
  name: string
  /** Absolute. */
  place: string
  wanted: EngineOptions
}

const progressOf = ({ files, bytes, doing, problem }: Transfer) => ({
  files: { done: files.done + files.skipped, failed: files.failed, total: files.total },
  bytes,
  doing: problem ?? doing,
})

function resultOf(ended: Transfer, transfers: Transfers): DownloadResult {
  const { state, files, place, report } = ended
  if (state !== 'done') {
    const failures = transfers.failures(ended.id)
    const [first] = failures
    const some = first ? `: ${first.title}: ${first.problem}` : ''
    const message = `${ended.problem ?? 'The download did not end'}${some}. Call it again to go on.`
    throw new PictographError(message, { route: ROUTE, details: failures })
  }
  return {
    folder: place,
    imagesDownloaded: files.done + files.skipped,
    unchanged: files.skipped,
    report,
  }
}
