import { join } from 'node:path'
import type { Client, RequestBudget } from '#core/api/client.ts'
import type { Clock } from '#core/api/retry.ts'
import { refuseThisMachine } from '#core/api/storage-guard.ts'
import type { StoredTransfer, TransferRepository } from '#core/cache/transfer-repository.ts'
import type { LabelProcess } from '#core/labels/label-process.ts'
import type { Facts } from '#core/media/probe.ts'
import type { NetworkRoute } from '#core/network/routed-dispatcher.ts'
import type { Log } from '#core/ports.ts'
import { toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { Transfer } from '#shared/model/transfer.ts'
import { Concurrency } from './concurrency.ts'
import { DownloadJob } from './download-job.ts'
import { fetchThreads } from './fetch-threads.ts'
import type { JobContext, Settled } from './job.ts'
import type { LabelSink, LabelTarget } from './label-sink.ts'
import { SpeedMeter } from './speed.ts'
import { UploadJob } from './upload-job.ts'
import { untilItWorks } from './wait.ts'

/** Results of this many files are stored together, or fewer when a window is updated. */
const FLUSH_ITEMS = 200
/** Minimum time between progress events. Milliseconds. */
const TELL_MS = 200
/** After this many connection failures in a row, assume that the network is down. */
const NO_LINE = 60
/** Pause after the first broken connection, and the longest after several. Milliseconds. */
const SHORT_MS = 30
const LONGEST_SHORT_MS = 1_000

export interface TransferDeps {
  transfers: TransferRepository
  clock: Clock
  log: Log
  dataDir: string
  run: <T>(accountId: string, work: (client: Client) => Promise<T>) => Promise<T>
  aside: <T>(accountId: string, work: (client: Client) => Promise<T>) => Promise<T>
  budget: (accountId: string) => RequestBudget
  serviceOf: (accountId: string) => URL
  labels: (target: LabelTarget) => LabelSink
  /** How an address is reached from this network. */
  routeTo: (url: URL) => Promise<NetworkRoute>
  probe: (file: string) => Promise<Facts>
  labelReader: (signal: AbortSignal) => LabelProcess
  /** Maximum number of connections. */
  ceiling: () => number
}

interface RunningProgress
  extends Pick<
    Transfer,
    'problem' | 'retryAtMs' | 'doing' | 'bytesPerSecond' | 'leftMs' | 'history' | 'connections'
  > {
  /** Bytes of files in progress; finished ones are in the database. */
  bytesOnWay: number
}

/** One running transfer: what its job needs, and the state that is not in the database. */
export class RunningTransfer {
  readonly #deps: TransferDeps
  readonly #transfer: StoredTransfer
  readonly #tell: () => void
  readonly #abort = new AbortController()
  readonly #threads = fetchThreads()
  readonly #meter: SpeedMeter
  /** The speed in files. */
  readonly #files: SpeedMeter
  readonly job: DownloadJob | UploadJob
  #isStopping = false
  #doing = ''
  #active = 0
  #problem: string | null = null
  #retryAtMs: number | null = null
  #settled: Settled[] = []
  #kept: Parameters<TransferRepository['keepDownloaded']>[0][number][] = []
  /** Bytes of files in progress; finished ones are in the database. */
  #bytesOnWay = 0
  #failuresInARow = 0

  /** `tell`: called when there is new progress to show. */
  constructor(deps: TransferDeps, transfer: StoredTransfer, tell: () => void) {
    this.#deps = deps
    this.#transfer = transfer
    this.#tell = tell
    this.#meter = new SpeedMeter(deps.clock)
    this.#files = new SpeedMeter(deps.clock)
    const context = this.#context()
    this.job =
      transfer.kind === 'download'
        ? new DownloadJob(context)
        : new UploadJob(context, join(deps.dataDir, 'scratch', transfer.id))
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Runs the job to its end. Returns the report; throws what ended it, after storing the results so far. */
  async work(): Promise<string[]> {
    let fault: { error: unknown } | null = null
    const timer = setInterval(() => {
      try {
        this.#flush()
        this.#tell()
      } catch (error) {
        // A full disk is full for the database as well. Nobody else reports it here.
        fault ??= { error }
        this.#end()
      }
    }, TELL_MS)
    try {
      const report = await this.job.run()
      // A job that was stopped may have left something out, even if it ended without an error.
      this.#abort.signal.throwIfAborted()
      this.#flush()
      return report
    } catch (error) {
      this.#flushOrForget()
      throw fault ? (fault as { error: unknown }).error : error
    } finally {
      clearInterval(timer)
      await this.#threads[Symbol.asyncDispose]()
    }
  }

  /** Aborts running files soon, so that `work` ends. */
  stop(): void {
    this.#isStopping = true
    this.#end()
  }

  #end(): void {
    this.#abort.abort(new UserError('closed', 'Stopped.'))
    this.#threads.stop()
  }

  progress({ files, bytes }: Pick<Transfer, 'files' | 'bytes'>): RunningProgress {
    const bytesLeftMs = this.#meter.leftMs(bytes.total - bytes.done - this.#bytesOnWay)
    const filesLeft = files.total - files.done - files.skipped - files.failed
    return {
      problem: this.#problem,
      retryAtMs: this.#retryAtMs,
      doing: this.#doing,
      bytesOnWay: this.#bytesOnWay,
      bytesPerSecond: this.#meter.bytesPerSecond,
      // The time of small files depends on their number.
      leftMs: bytesLeftMs && Math.max(bytesLeftMs, this.#files.leftMs(filesLeft) ?? 0),
      history: this.#meter.history,
      connections: this.#active,
    }
  }

  /** Stores the results since the last time, in one transaction. */
  #flush(): void {
    if (this.#settled.length === 0 && this.#kept.length === 0) return
    const { transfers } = this.#deps
    const settled = this.#settled
    const kept = this.#kept
    this.#settled = []
    this.#kept = []
    transfers.setItems(this.#transfer.id, settled)
    transfers.keepDownloaded(kept)
    for (const { state, sizeBytes = 0 } of settled)
      if (state === 'done' || state === 'put')
        this.#bytesOnWay = Math.max(0, this.#bytesOnWay - sizeBytes)
  }

  /** Results that cannot be stored are lost; those files are fetched or sent again. */
  #flushOrForget(): void {
    try {
      this.#flush()
    } catch (error) {
      const { id } = this.#transfer
      this.#deps.log.warn('results of files could not be stored', { id, error: String(error) })
    }
  }

  #context(): JobContext {
    const { transfers, clock, log, probe, labelReader, run, aside, budget, ceiling } = this.#deps
    const { id, accountId, isPlanned } = this.#transfer
    const { signal } = this.#abort
    const waitMs = () => budget(accountId).waitMs()
    const onWait = (error: unknown, pauseMs: number) => this.#wait(error, pauseMs)
    const patiently = <T>(work: () => Promise<T>) =>
      untilItWorks(work, { waitMs, onWait, clock, signal })
    let planned = isPlanned
    return {
      transfer: this.#transfer,
      transfers,
      concurrency: new Concurrency(ceiling(), clock),
      clock,
      log,
      signal,
      run: (work) => patiently(() => run(accountId, work)),
      aside: (work) => aside(accountId, work),
      fetch: async (order, onNote) => {
        signal.throwIfAborted()
        const address = new URL(order.address)
        refuseThisMachine(this.#deps.serviceOf(accountId), address)
        const route = await this.#deps.routeTo(address)
        return this.#threads.do({ ...order, route }, onNote)
      },
      warmFetch: () => this.#threads.warm(),
      untilItWorks: patiently,
      pauseFor: (error) => this.#pauseFor(error, waitMs),
      requestsLeft: () => requestsLeft(budget(accountId)),
      labels: this.#deps.labels({ accountId, remoteId: this.#transfer.remoteId }),
      probe,
      labelReader: () => labelReader(signal),
      settle: (change) => {
        this.#failuresInARow = 0
        this.#wait(null, 0)
        this.#files.add(1)
        this.#settled.push(change)
        if (this.#settled.length >= FLUSH_ITEMS) this.#flush()
      },
      keep: (file) => this.#kept.push(file),
      flush: () => this.#flush(),
      setDoing: (words) => {
        this.#doing = words
        if (!planned && transfers.find(id)?.isPlanned) {
          planned = true
          transfers.setState(id, 'running')
        }
        this.#tell()
      },
      onBytes: (count) => {
        this.#bytesOnWay += count
        this.#meter.add(Math.max(0, count))
      },
      onActive: (count) => {
        this.#active = count
      },
    }
  }

  async #pauseFor(error: unknown, waitMs: () => number): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#abort
    this.#failuresInARow++
    // One broken connection means nothing; if all break, the network is down.
    if (this.#failuresInARow < NO_LINE && waitMs() === 0) {
      const pauseMs = Math.min(LONGEST_SHORT_MS, SHORT_MS * this.#failuresInARow)
      await clock.sleep(pauseMs * clock.random(), signal).catch(() => {})
      return
    }
    const pauseMs = Math.max(1_000, waitMs())
    this.#wait(error, pauseMs)
    await clock.sleep(pauseMs, signal).catch(() => {})
  }

  /** `error`: what is waited for to pass; null: it has. `pauseMs`: until the next try. */
  #wait(error: unknown, pauseMs: number): void {
    const problem = error === null ? null : toServiceError(error).message
    if (problem === null && this.#problem === null) return
    this.#retryAtMs = problem === null ? null : this.#deps.clock.now() + pauseMs
    this.#problem = problem
    this.#tell()
  }
}

/** Requests left in this hour; null: the limit is unknown. */
export function requestsLeft({ state: { limit, used } }: RequestBudget): number | null {
  return limit === null ? null : Math.max(0, limit - used)
}
