import { stat, statfs } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { Client, RequestBudget } from '#core/api/client.ts'
import type { Clock } from '#core/api/retry.ts'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { StoredTransfer, TransferRepository } from '#core/cache/transfer-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Facts } from '#core/media/probe.ts'
import type { Log } from '#core/ports.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import {
  type DownloadOptions,
  type DownloadPlan,
  isLive,
  type Transfer,
  type TransferFailure,
  type UploadOptions,
  type UploadPreview,
} from '#shared/model/transfer.ts'
import { Concurrency } from './concurrency.ts'
import { DownloadJob } from './download-job.ts'
import { costsOf, labelsMode, wantedImages } from './download-plan.ts'
import { type FetchThreads, fetchThreads } from './fetch-threads.ts'
import type { JobContext, Settled } from './job.ts'
import { SpeedMeter } from './speed.ts'
import { UploadJob } from './upload-job.ts'
import { lookAtDropped } from './upload-preview.ts'
import { untilItWorks } from './wait.ts'

/** What so many files have come to is written together, or what there is when a window is told. */
const FLUSH_ITEMS = 200
/** Milliseconds. */
const TELL_MS = 200
const FAILURES_SHOWN = 200
/** So many files in a row that met no line mean that there is none. */
const NO_LINE = 60
/** After one broken connection, and after several. Milliseconds. */
const SHORT_MS = 30
const LONGEST_SHORT_MS = 1_000

interface Deps {
  transfers: TransferRepository
  events: EventBus
  clock: Clock
  log: Log
  dataDir: string
  run: <T>(accountId: string, work: (client: Client) => Promise<T>) => Promise<T>
  aside: <T>(accountId: string, work: (client: Client) => Promise<T>) => Promise<T>
  budget: (accountId: string) => RequestBudget
  isGeneral: (error: unknown) => boolean
  isPassing: (error: unknown) => boolean
  toServiceError: (error: unknown) => UserError
  probe: (file: string) => Promise<Facts>
  /** Connections at the most. */
  ceiling: () => number
  /** A dataset got new images. */
  onUploaded: (accountId: string, remoteId: string) => void
}

interface Running {
  abort: AbortController
  work: Promise<void>
  meter: SpeedMeter
  concurrency: Concurrency
  threads: FetchThreads
  doing: string
  active: number
  /** Of files under way; what is done is in the database. */
  problem: string | null
  settled: Settled[]
  kept: Parameters<TransferRepository['keepDownloaded']>[0][number][]
  bytesOnWay: number
  /** What was shown as done. */
  shownBytes: number
  failuresInARow: number
  timer: NodeJS.Timeout
}

interface Target {
  accountId: string
  remoteId: string
  name: string
}

/** Downloads and uploads: begun, paused, gone on with, cancelled; by themselves after a start of the app. */
export class Transfers {
  readonly #deps: Deps
  readonly #running = new Map<string, Running>()
  /** Of the last transfer that ended, bytes a second; null: none since the start. */
  #lastRate: number | null = null
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** What an earlier run of the app left goes on. */
  start(): void {
    for (const { id } of this.#deps.transfers.list().filter(isLive)) void this.resume(id)
  }

  /** The machine falls asleep: connections would only break. What ran goes on with `start`. */
  async park(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)))
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
        freeBytes: await freeBytes(folder),
        expectedMs: this.#lastRate === null ? null : (bytes / this.#lastRate) * 1000,
        annotations: mode,
      }
    })
  }

  /** `folder`: absolute. */
  download(target: Target, folder: string, options: DownloadOptions): Transfer {
    if (!isAbsolute(folder))
      throw new UserError(
        'relative',
        `${folder}: give the whole path, from the root of the disk, so that it is clear where the files go.`,
      )
    const stored = this.#deps.transfers.create({
      kind: 'download',
      ...target,
      place: resolve(folder),
      options,
    })
    this.#begin(stored.id)
    return this.#describe(stored)
  }

  /** Looks at what was dropped, and tells as it goes; nothing is sent. */
  async *previewUpload(
    { accountId, remoteId }: Pick<Target, 'accountId'> & { remoteId: string | null },
    paths: readonly string[],
    options: UploadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<UploadPreview> {
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
        paths: paths.map((path) => resolve(path)),
        scratch: join(this.#deps.dataDir, 'scratch', `preview-${newId()}`),
        there,
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
    const absolute = paths.map((path) => resolve(path))
    const stored = this.#deps.transfers.create({
      kind: 'upload',
      ...target,
      place: staged === null ? absolute.join(', ').slice(0, 500) : 'Dropped files',
      options: { ...options, paths: absolute, staged },
    })
    this.#begin(stored.id)
    return this.#describe(stored)
  }

  /** At once; what is under way is gone on with later. */
  async pause(id: string): Promise<void> {
    this.#deps.transfers.setState(id, 'paused')
    await this.#stop(id)
    this.#tell(id)
  }

  async resume(id: string): Promise<void> {
    const running = this.#running.get(id)
    // It may still be stopping: it goes on once it has stopped.
    if (running?.abort.signal.aborted) await running.work
    if (!this.#running.has(id)) this.#begin(id)
  }

  /** What failed is tried again. */
  async retry(id: string): Promise<void> {
    this.#deps.transfers.retryFailed(id)
    await this.resume(id)
  }

  /** Nothing half-done stays; what is complete stays. */
  async cancel(id: string): Promise<void> {
    this.#deps.transfers.setState(id, 'cancelled')
    await this.#stop(id)
    await this.#job(this.#context(this.#stored(id), this.#newRunning())).clean()
    this.#tell(id)
  }

  /** Out of the list. */
  async remove(id: string): Promise<void> {
    await this.#stop(id)
    const stored = this.#deps.transfers.find(id)
    // Of one that stopped half-way nothing stays that only it could go on with.
    if (stored && stored.state !== 'done' && stored.state !== 'cancelled')
      await this.#job(this.#context(stored, this.#newRunning())).clean()
    this.#deps.transfers.remove(id)
    this.#deps.events.publish({ type: 'transfer-removed', id })
  }

  /** When it has come to an end, or stands still. */
  async settled(id: string): Promise<Transfer> {
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
  }

  #stored(id: string): StoredTransfer {
    const stored = this.#deps.transfers.find(id)
    if (!stored) throw new UserError('transfer_gone', 'This transfer is no longer in the list.')
    return stored
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id)
    if (!running) return
    running.abort.abort(new UserError('closed', 'Stopped.'))
    running.threads.stop()
    await running.work
  }

  #newRunning(): Running {
    const { clock, ceiling } = this.#deps
    return {
      abort: new AbortController(),
      work: Promise.resolve(),
      meter: new SpeedMeter(clock),
      concurrency: new Concurrency(ceiling(), clock),
      threads: fetchThreads(),
      doing: '',
      active: 0,
      problem: null,
      settled: [],
      kept: [],
      bytesOnWay: 0,
      shownBytes: 0,
      failuresInARow: 0,
      timer: setTimeout(() => {}, 0),
    }
  }

  #begin(id: string): void {
    if (this.#isClosed) return
    const running = this.#newRunning()
    this.#running.set(id, running)
    running.timer = setInterval(() => {
      this.#flush(id, running)
      this.#tell(id)
    }, TELL_MS)
    const stored = this.#stored(id)
    this.#deps.transfers.setState(id, stored.isPlanned ? 'running' : 'planning')
    running.work = this.#work(id, running)
  }

  async #work(id: string, running: Running): Promise<void> {
    const { transfers, log } = this.#deps
    const { signal } = running.abort
    const began = performance.now()
    const bytesBefore = transfers.counts(id).bytes.done
    try {
      const job = this.#job(this.#context(this.#stored(id), running))
      const report = await job.run()
      this.#flush(id, running)
      transfers.setReport(id, report)
      const counts = transfers.counts(id)
      const { failed } = counts.files
      const moved = counts.bytes.done - bytesBefore
      if (moved > 0) this.#lastRate = (moved / (performance.now() - began)) * 1000
      if (failed === 0) await job.clean()
      transfers.setState(
        id,
        failed > 0 ? 'failed' : 'done',
        failed > 0 ? `${failed.toLocaleString('en')} files failed` : null,
      )
      const stored = this.#stored(id)
      if (stored.kind === 'upload') this.#deps.onUploaded(stored.accountId, stored.remoteId)
    } catch (error) {
      this.#flush(id, running)
      if (signal.aborted) return
      const { message } = this.#deps.toServiceError(error)
      log.warn('transfer failed', { id, error: String(error) })
      transfers.setState(id, 'failed', message)
    } finally {
      clearInterval(running.timer)
      this.#running.delete(id)
      // Who stopped it tells, when all is done.
      if (!signal.aborted) this.#tell(id)
      await running.threads[Symbol.asyncDispose]()
    }
  }

  #job(context: JobContext): DownloadJob | UploadJob {
    const { kind, id } = context.transfer
    return kind === 'download'
      ? new DownloadJob(context)
      : new UploadJob(context, join(this.#deps.dataDir, 'scratch', id))
  }

  #context(transfer: StoredTransfer, running: Running): JobContext {
    const { transfers, clock, log, probe, isGeneral, isPassing, run, aside } = this.#deps
    const { accountId } = transfer
    const { signal } = running.abort
    const onWait = (error: unknown) => {
      const problem = error === null ? null : this.#deps.toServiceError(error).message
      if (problem === running.problem) return
      running.problem = problem
      this.#tell(transfer.id)
    }
    const waitMs = () => this.#deps.budget(accountId).waitMs()
    const patiently = <T>(work: () => Promise<T>) =>
      untilItWorks(work, { isGeneral, waitMs, onWait, clock, signal })
    let planned = transfer.isPlanned
    return {
      transfer,
      transfers,
      concurrency: running.concurrency,
      clock,
      log,
      signal,
      run: (work) => patiently(() => run(accountId, work)),
      aside: (work) => aside(accountId, work),
      fetch: async (order, onNote) => {
        signal.throwIfAborted()
        return running.threads.do(order, onNote)
      },
      warmFetch: () => running.threads.warm(),
      untilItWorks: patiently,
      isGeneral,
      isPassing,
      pauseFor: async (error) => {
        running.failuresInARow++
        // One broken connection is nothing; when all break, there is no line.
        if (running.failuresInARow < NO_LINE && waitMs() === 0) {
          const pauseMs = Math.min(LONGEST_SHORT_MS, SHORT_MS * running.failuresInARow)
          await clock.sleep(pauseMs * clock.random(), signal).catch(() => {})
          return
        }
        onWait(error)
        await clock.sleep(Math.max(1_000, waitMs()), signal).catch(() => {})
        onWait(null)
      },
      requestsLeft: () => requestsLeft(this.#deps.budget(accountId)),
      probe,
      settle: (change) => {
        running.failuresInARow = 0
        running.settled.push(change)
        if (running.settled.length >= FLUSH_ITEMS) this.#flush(transfer.id, running)
      },
      keep: (file) => running.kept.push(file),
      flush: () => this.#flush(transfer.id, running),
      setDoing: (words) => {
        running.doing = words
        if (!planned && transfers.find(transfer.id)?.isPlanned) {
          planned = true
          transfers.setState(transfer.id, 'running')
        }
        this.#tell(transfer.id)
      },
      onBytes: (count) => {
        running.bytesOnWay += count
        running.meter.add(Math.max(0, count))
      },
      onActive: (count) => {
        running.active = count
      },
    }
  }

  /** What files have come to since the last time, in one transaction. */
  #flush(id: string, running: Running): void {
    if (running.settled.length === 0 && running.kept.length === 0) return
    const { transfers } = this.#deps
    const { settled, kept } = running
    running.settled = []
    running.kept = []
    transfers.setItems(id, settled)
    transfers.keepDownloaded(kept)
    for (const { state, sizeBytes = 0 } of settled)
      if (state === 'done' || state === 'put')
        running.bytesOnWay = Math.max(0, running.bytesOnWay - sizeBytes)
  }

  #describe(stored: StoredTransfer): Transfer {
    const running = this.#running.get(stored.id)
    const counts = this.#deps.transfers.counts(stored.id)
    const moved = Math.min(counts.bytes.total, counts.bytes.done + (running?.bytesOnWay ?? 0))
    // What has to be sent again is not shown as going back.
    const done = Math.max(moved, Math.min(running?.shownBytes ?? 0, counts.bytes.total))
    if (running) running.shownBytes = done
    const { meter } = running ?? {}
    return {
      id: stored.id,
      kind: stored.kind,
      accountId: stored.accountId,
      name: stored.name,
      place: stored.place,
      state: stored.state,
      problem: running?.problem ?? stored.problem,
      doing: running?.doing ?? '',
      files: counts.files,
      bytes: { done, total: counts.bytes.total },
      isPlanned: stored.isPlanned,
      bytesPerSecond: meter?.bytesPerSecond ?? 0,
      leftMs: stored.isPlanned ? (meter?.leftMs(counts.bytes.total - done) ?? null) : null,
      history: meter?.history ?? [],
      connections: running?.active ?? 0,
      createdAtMs: stored.createdAtMs,
      finishedAtMs: stored.finishedAtMs,
      report: stored.report,
    }
  }

  /** Not while it is being stopped: what a window is told has happened. */
  #tell(id: string): void {
    if (this.#running.get(id)?.abort.signal.aborted) return
    const stored = this.#deps.transfers.find(id)
    if (stored && !this.#isClosed)
      this.#deps.events.publish({ type: 'transfer', transfer: this.#describe(stored) })
  }
}

/** Of the hour; null: how many it has is unknown. */
function requestsLeft({ state: { limit, used } }: RequestBudget): number | null {
  return limit === null ? null : Math.max(0, limit - used)
}

/** Of the disk that a folder is, or will be, on. */
async function freeBytes(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = resolve(path, '..')) {
    if (!(await stat(path).catch(() => null))) {
      if (path === resolve(path, '..')) return 0
      continue
    }
    const { bavail, bsize } = await statfs(path).catch((error: unknown) => {
      throw toUserError(error, path)
    })
    return bavail * bsize
  }
}
