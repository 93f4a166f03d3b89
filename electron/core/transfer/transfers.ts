import { opendir, stat, statfs } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { StoredTransfer } from '#core/cache/transfer-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { Locks } from '#core/locks.ts'
import { releaseHeap } from '#core/memory.ts'
import { toServiceError } from '#core/service-error.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'
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
  /** A dataset got new images. */
  onUploaded: (accountId: string, remoteId: string) => void
}

interface Target {
  accountId: string
  remoteId: string
  name: string
}

/** Downloads and uploads: begun, paused, gone on with, cancelled; by themselves after a start of the app. */
export class Transfers {
  readonly #deps: Deps
  readonly #running = new Map<string, { at: RunningTransfer; work: Promise<void> }>()
  /** What is asked of a transfer is done in that order, however long the one before takes to stop it. */
  readonly #turns = new Locks()
  /** Why it failed, of those for which that could not be written down; after a start they go on by themselves. */
  readonly #broken = new Map<string, string>()
  /** Of each, what was shown as done. */
  readonly #shownBytes = new Map<string, number>()
  /** Of the last transfer that ended, bytes a second; null: none since the start. */
  #lastRate: number | null = null
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** What an earlier run of the app left goes on. */
  start(): void {
    for (const { id } of this.#deps.transfers.list().filter(isLive))
      void this.#inTurn(id, async () => {
        // By now it may have been paused, or taken off the list.
        const stored = this.#deps.transfers.find(id)
        if (stored && isLive(stored)) this.#begin(stored)
      }).catch((error: unknown) =>
        this.#deps.log.warn('transfer not gone on with', { id, error: String(error) }),
      )
  }

  /** The machine falls asleep: connections would only break. What ran goes on with `start`. */
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

  /** What a download would do. Throws what the service says. */
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

  /** Looks at what was dropped, and tells as it goes; nothing is sent. */
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

  /** `staged`: a folder of ours that was filled for this upload alone, removed afterwards; null: none. */
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

  /** At once; what is under way is gone on with later. */
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

  /** What failed is tried again. */
  retry(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      this.#deps.transfers.retryFailed(id)
      this.#begin(this.#stored(id))
    })
  }

  /** Nothing half-done stays; what is complete stays. */
  cancel(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      if (this.#stored(id).state === 'done') return
      this.#setState(id, 'cancelled')
      await this.#stop(id)
      await this.#clean(this.#stored(id))
    })
  }

  /** Out of the list. */
  remove(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      await this.#stop(id)
      const stored = this.#deps.transfers.find(id)
      // Of one that stopped half-way nothing stays that only it could go on with, where its disk can be written.
      if (stored && stored.state !== 'done')
        await this.#clean(stored).catch((error: unknown) =>
          this.#deps.log.warn('parts of a transfer stay', { id, error: String(error) }),
        )
      this.#deps.transfers.remove(id)
      this.#broken.delete(id)
      this.#shownBytes.delete(id)
      this.#deps.events.publish({ type: 'transfer-removed', id })
    })
  }

  /** When it has come to an end, or stands still. */
  async settled(id: string): Promise<Transfer> {
    await this.#turns.during(id, async () => {})
    await this.#running.get(id)?.work
    return this.get(id)
  }

  /** Ends those of an account, which is being removed. */
  async forget(accountId: string): Promise<void> {
    for (const { id, accountId: owner } of this.#deps.transfers.list())
      if (owner === accountId) await this.remove(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)))
    await this.#turns.idle()
  }

  /** Whatever comes of it, the windows are told how the transfer stands. */
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

  /** Removes what only this transfer could go on with. */
  async #clean(stored: StoredTransfer): Promise<void> {
    await new RunningTransfer(this.#deps, stored, () => {}).job.clean()
  }

  #setState(id: string, state: Transfer['state'], problem: string | null = null): void {
    this.#deps.transfers.setState(id, state, problem)
    this.#broken.delete(id)
  }

  /** Nothing, when it is at work or at its end. */
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
      // Who stopped it tells, when all is done.
      if (!at.isStopping) this.#tell(id)
    }
  }

  /** Also where the database cannot be written: that may be what failed. */
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
    // What has to be sent again is not shown as going back.
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

  /** Not while it is being stopped: what a window is told has happened. */
  #tell(id: string): void {
    if (this.#running.get(id)?.at.isStopping) return
    const stored = this.#deps.transfers.find(id)
    if (stored && !this.#isClosed)
      this.#deps.events.publish({ type: 'transfer', transfer: this.#describe(stored) })
  }
}

/** Nothing can be done with it any more. */
const isOver = ({ state }: StoredTransfer) => state === 'done' || state === 'cancelled'

/** The path without `.` and the like. Throws a UserError where it depends on where the app was started. */
function requireWhole(path: string): string {
  if (isAbsolute(path)) return resolve(path)
  throw new UserError(
    'relative',
    `${path}: give the whole path, from the root of the disk, so that it is clear which place is meant.`,
  )
}

/** False where there is no folder yet, or none that can be read: the download says so then. */
async function holdsFiles(folder: string): Promise<boolean> {
  try {
    await using entries = await opendir(folder)
    return (await entries.read()) !== null
  } catch {
    return false
  }
}

/** Of the disk that a folder is, or will be, on. */
async function freeBytes(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = resolve(path, '..')) {
    const there = await stat(path).catch(() => null)
    if (there && !there.isDirectory())
      throw new UserError('not_a_folder', `${path} is a file: choose a folder.`)
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
