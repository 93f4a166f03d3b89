import { opendir, stat, statfs } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { StoredTransfer } from '#core/cache/transfer-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { Locks } from '#core/locks.ts'
import { releaseHeap } from '#core/memory.ts'
import { toServiceError } from '#core/service-error.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import { newId } from '#shared/model/annotation.ts'
import { counted } from '#shared/model/counted.ts'
import {
  type DownloadOptions,
  type DownloadPlan,
  isLive,
  type Transfer,
  type TransferFailure,
  type UploadOptions,
  type UploadPreview,
} from '#shared/model/transfer.ts'
import { costsOf, labelsMode, wantedImages } from './download-plan.ts'
import { RunningTransfer, requestsLeft, type TransferDeps } from './running-transfer.ts'
import { lookAtDropped } from './upload-preview.ts'
import { requireInside } from './upload-target.ts'

const FAILURES_SHOWN = 200

interface Deps extends TransferDeps {
  events: EventBus
  /** A dataset has new images. */
  onUploaded: (accountId: string, remoteId: string) => void
  /** Absent: nobody starts this process again. */
  inHand?: Pick<WorkInHand, 'begin'>
}

interface Target {
  accountId: string
  remoteId: string
  name: string
}

/** Downloads and uploads: start, pause, resume, cancel; they resume automatically when the app starts. */
export class Transfers {
  readonly #deps: Deps
  readonly #running = new Map<string, { at: RunningTransfer; work: Promise<void> }>()
  /** Operations on one transfer run in order, even if an earlier one takes long to stop it. */
  readonly #turns = new Locks()
  /** Why a transfer failed, if that could not be stored. These resume after a restart. */
  readonly #broken = new Map<string, string>()
  /** The bytes last shown as done, by transfer. */
  readonly #shownBytes = new Map<string, number>()
  /** Bytes per second of the last finished transfer; null: none since startup. */
  #lastRate: number | null = null
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Resumes what an earlier run of the app left unfinished. */
  start(): void {
    for (const { id } of this.#deps.transfers.list().filter(isLive))
      void this.#inTurn(id, async () => {
        // It may have been paused or removed by now.
        const stored = this.#deps.transfers.find(id)
        if (stored && isLive(stored)) this.#begin(stored)
      }).catch((error: unknown) =>
        this.#deps.log.warn('transfer not resumed', { id, error: String(error) }),
      )
  }

  /** Pauses transfers that ran when the app crashed, before `start`. */
  setAside(ids: readonly string[], problem: string): void {
    for (const id of ids) {
      const stored = this.#deps.transfers.find(id)
      if (stored && isLive(stored)) this.#setState(id, 'paused', problem)
    }
  }

  /** The machine goes to sleep, and connections would break. `start` resumes what was running. */
  async park(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#inTurn(id, () => this.#stop(id))))
  }

  list(): Transfer[] {
    return this.#deps.transfers.list().map((transfer) => this.#describe(transfer))
  }

  get(id: string): Transfer {
    return this.#describe(this.#stored(id))
  }

  failures(id: string): TransferFailure[] {
    return this.#deps.transfers.failures(id, FAILURES_SHOWN)
  }

  /** Plans a download. Throws what the service reports. */
  async planDownload(
    { accountId, remoteId }: Target,
    folder: string,
    options: DownloadOptions,
  ): Promise<DownloadPlan> {
    const place = requireWhole(folder)
    const signal = AbortSignal.timeout(120_000)
    return this.#deps.run(accountId, async (client) => {
      const dataset = await client.datasets.get(remoteId, { signal })
      const images = await wantedImages(client, remoteId, options, signal)
      const isCold = dataset.storage_class === 'coldline'
      const mode = labelsMode(images, options, isCold)
      const left = requestsLeft(this.#deps.budget(accountId))
      const { requests, bytes } = costsOf(images, options, mode, isCold, left)
      return {
        images: images.length,
        bytes,
        requests,
        requestsLeft: left,
        freeBytes: await freeBytes(place),
        holdsFiles: await holdsFiles(place),
        expectedMs: this.#lastRate === null ? null : (bytes / this.#lastRate) * 1000,
        annotations: mode,
      }
    })
  }

  /** `folder`: absolute. */
  download(target: Target, folder: string, options: DownloadOptions): Transfer {
    const stored = this.#deps.transfers.create({
      kind: 'download',
      ...target,
      place: requireWhole(folder),
      options,
    })
    this.#begin(stored)
    return this.get(stored.id)
  }

  /** Examines dropped files and reports as it goes; sends nothing. */
  async *previewUpload(
    { accountId, remoteId }: Pick<Target, 'accountId'> & { remoteId: string | null },
    paths: readonly string[],
    options: UploadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<UploadPreview> {
    const whole = paths.map(requireWhole)
    requireInside(options.directory)
    const there = new Map<string, number>()
    if (remoteId !== null)
      await this.#deps.run(accountId, async (client) => {
        for await (const image of client.images.list(remoteId, { signal })) {
          const { path, sizeBytes } = fromRemoteImage(image)
          there.set(path, sizeBytes)
        }
      })
    yield* lookAtDropped(
      {
        paths: whole,
        scratch: join(this.#deps.dataDir, 'scratch', `preview-${newId()}`),
        there,
        labelReader: this.#deps.labelReader,
        uploadedAs: (sha256) =>
          remoteId === null ? [] : this.#deps.transfers.uploadedAs(remoteId, sha256),
      },
      options,
      signal,
    )
  }

  /** `staged`: a staging folder of this upload, deleted afterwards; null: none. */
  upload(
    target: Target,
    paths: readonly string[],
    options: UploadOptions,
    staged: string | null = null,
  ): Transfer {
    const absolute = paths.map(requireWhole)
    const stored = this.#deps.transfers.create({
      kind: 'upload',
      ...target,
      place: staged === null ? absolute.join(', ').slice(0, 500) : 'Dropped files',
      options: { ...options, paths: absolute, staged },
    })
    this.#begin(stored)
    return this.get(stored.id)
  }

  /** Takes effect at once; files in progress resume later. */
  pause(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      if (!isLive(this.#stored(id))) return
      this.#setState(id, 'paused')
      await this.#stop(id)
    })
  }

  resume(id: string): Promise<void> {
    return this.#inTurn(id, async () => this.#begin(this.#stored(id)))
  }

  /** Retries failed files. */
  retry(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      this.#deps.transfers.retryFailed(id)
      this.#begin(this.#stored(id))
    })
  }

  /** Deletes incomplete files; complete ones stay. */
  cancel(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      if (this.#stored(id).state === 'done') return
      this.#setState(id, 'cancelled')
      await this.#stop(id)
      await this.#clean(this.#stored(id))
    })
  }

  /** Ids of those that are done or cancelled, latest first. */
  finished(): string[] {
    return this.#deps.transfers
      .list()
      .filter(({ state }) => state === 'done' || state === 'cancelled')
      .map(({ id }) => id)
  }

  /** Removes it from the list. */
  remove(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      await this.#stop(id)
      const stored = this.#deps.transfers.find(id)
      // For an unfinished one, delete what only it could resume, if its disk is writable.
      if (stored && stored.state !== 'done')
        await this.#clean(stored).catch((error: unknown) =>
          this.#deps.log.warn('partial files of a transfer could not be deleted', {
            id,
            error: String(error),
          }),
        )
      this.#deps.transfers.remove(id)
      this.#broken.delete(id)
      this.#shownBytes.delete(id)
      this.#deps.events.publish({ type: 'transfer-removed', id })
    })
  }

  /** Resolves when it is finished or stopped. */
  async settled(id: string): Promise<Transfer> {
    await this.#turns.during(id, async () => {})
    await this.#running.get(id)?.work
    return this.get(id)
  }

  /** Stops the transfers of an account that is being removed. */
  async forget(accountId: string): Promise<void> {
    for (const { id, accountId: owner } of this.#deps.transfers.list())
      if (owner === accountId) await this.remove(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)))
    await this.#turns.idle()
  }

  /** Runs `work` in order; whatever happens, the windows get the transfer's state afterwards. */
  #inTurn(id: string, work: () => Promise<void>): Promise<void> {
    return this.#turns.during(id, () => work().finally(() => this.#tell(id)))
  }

  #stored(id: string): StoredTransfer {
    const stored = this.#deps.transfers.find(id)
    if (!stored) throw new UserError('transfer_gone', 'This transfer is no longer in the list.')
    return stored
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id)
    running?.at.stop()
    await running?.work
  }

  /** Deletes files that only this transfer could resume. */
  async #clean(stored: StoredTransfer): Promise<void> {
    await new RunningTransfer(this.#deps, stored, () => {}).job.clean()
  }

  #setState(id: string, state: Transfer['state'], problem: string | null = null): void {
    this.#deps.transfers.setState(id, state, problem)
    this.#broken.delete(id)
  }

  /** Does nothing if it is running or finished. */
  #begin(stored: StoredTransfer): void {
    const { id } = stored
    if (this.#isClosed || this.#running.has(id) || isOver(stored)) return
    try {
      const at = new RunningTransfer(this.#deps, stored, () => this.#tell(id))
      this.#setState(id, stored.isPlanned ? 'running' : 'planning')
      const running = { at, work: Promise.resolve() }
      this.#running.set(id, running)
      running.work = this.#work(id, at)
    } catch (error) {
      this.#fail(id, error)
    }
  }

  async #work(id: string, at: RunningTransfer): Promise<void> {
    const { transfers } = this.#deps
    const began = performance.now()
    const bytesBefore = transfers.counts(id).bytes.done
    const { kind, name } = this.#stored(id)
    using _work = this.#deps.inHand?.begin({ kind, id, name })
    try {
      const report = await at.work()
      transfers.setReport(id, report)
      const { files, bytes } = transfers.counts(id)
      const moved = bytes.done - bytesBefore
      if (moved > 0) this.#lastRate = (moved / (performance.now() - began)) * 1000
      if (files.failed > 0) this.#setState(id, 'failed', `${counted(files.failed, 'file')} failed`)
      else {
        await at.job.clean()
        this.#setState(id, 'done')
      }
      const stored = this.#stored(id)
      if (stored.kind === 'upload') this.#deps.onUploaded(stored.accountId, stored.remoteId)
    } catch (error) {
      if (at.isStopping) return
      this.#fail(id, error)
    } finally {
      this.#running.delete(id)
      if (this.#running.size === 0) releaseHeap()
      // Whoever stopped it reports the state when everything is done.
      if (!at.isStopping) this.#tell(id)
    }
  }

  /** Works even if the database cannot be written, because that may be the failure. */
  #fail(id: string, error: unknown): void {
    const { log, dataDir } = this.#deps
    const problem = codeOf(error).startsWith('SQLITE_')
      ? toUserError(error, dataDir).message
      : toServiceError(error).message
    log.warn('transfer failed', { id, error: String(error) })
    try {
      this.#setState(id, 'failed', problem)
    } catch {
      this.#broken.set(id, problem)
    }
  }

  #describe(stored: StoredTransfer): Transfer {
    const broken = this.#broken.get(stored.id)
    const { files, bytes } = this.#deps.transfers.counts(stored.id)
    const running = this.#running.get(stored.id)?.at.progress({ files, bytes })
    // If bytes must be sent again, the displayed progress does not go back.
    const moved = Math.min(bytes.total, bytes.done + (running?.bytesOnWay ?? 0))
    const done = Math.max(moved, Math.min(this.#shownBytes.get(stored.id) ?? 0, bytes.total))
    this.#shownBytes.set(stored.id, done)
    return {
      id: stored.id,
      kind: stored.kind,
      accountId: stored.accountId,
      remoteId: stored.remoteId,
      name: stored.name,
      place: stored.place,
      state: broken === undefined ? stored.state : 'failed',
      problem: running?.problem ?? broken ?? stored.problem,
      retryAtMs: running?.retryAtMs ?? null,
      doing: running?.doing ?? '',
      files,
      bytes: { done, total: bytes.total },
      isPlanned: stored.isPlanned,
      bytesPerSecond: running?.bytesPerSecond ?? 0,
      leftMs: stored.isPlanned ? (running?.leftMs ?? null) : null,
      history: running?.history ?? [],
      connections: running?.connections ?? 0,
      createdAtMs: stored.createdAtMs,
      finishedAtMs: stored.finishedAtMs,
      report: stored.report,
    }
  }

  /** Sends nothing while it stops: windows see only finished changes. */
  #tell(id: string): void {
    if (this.#running.get(id)?.at.isStopping) return
    const stored = this.#deps.transfers.find(id)
    if (stored && !this.#isClosed)
      this.#deps.events.publish({ type: 'transfer', transfer: this.#describe(stored) })
  }
}

/** Nothing more can be done with it. */
const isOver = ({ state }: StoredTransfer) => state === 'done' || state === 'cancelled'

/** Normalizes a path. Throws a UserError if it is relative to the current directory. */
function requireWhole(path: string): string {
  if (isAbsolute(path)) return resolve(path)
  throw new UserError('relative', `${path}: enter the full path, starting at the root of the disk.`)
}

/** False if the folder is missing or unreadable; the download reports that later. */
async function holdsFiles(folder: string): Promise<boolean> {
  try {
    await using entries = await opendir(folder)
    return (await entries.read()) !== null
  } catch {
    return false
  }
}

/** Free bytes of the disk that the folder is, or will be, on. */
async function freeBytes(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = resolve(path, '..')) {
    const there = await stat(path).catch(() => null)
    if (there && !there.isDirectory())
      throw new UserError('not_a_folder', `${path} is a file. Choose a folder.`)
    if (!there) {
      if (path === resolve(path, '..')) return 0
      continue
    }
    const { bavail, bsize } = await statfs(path).catch((error: unknown) => {
      throw toUserError(error, path)
    })
    return bavail * bsize
  }
}
