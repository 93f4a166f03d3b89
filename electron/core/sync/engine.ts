import type { Client } from '#core/api/client.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { Outbox } from '#core/cache/outbox.ts'
import type { EventBus } from '#core/event-bus.ts'
import { Locks } from '#core/locks.ts'
import type { Log } from '#core/ports.ts'
import { isGeneral, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { Accounts } from './accounts.ts'
import type { DatasetClasses } from './dataset-classes.ts'
import type { PushFacts } from './push-facts.ts'
import type { SaveLabels } from './save-labels.ts'

/** Debounce: push this long after the last stroke, so that strokes in a row share one push. Milliseconds. */
const QUIET_MS = 2_000
/**
 * On a small plan, a push per edit would use up the hour. An image costs two requests, and pushes may use half of the
 * hour's limit.
 */
const QUIET_LIMITED_MS = (limit: number) => Math.max(QUIET_MS, (2 * 2 * 3_600_000) / limit)
/** After a temporary failure, the delay before a retry doubles between these two. Milliseconds. */
const AGAIN_FIRST_MS = 5_000
const AGAIN_LONGEST_MS = 120_000
/** How much waits is counted at most this often while somebody draws: with 100,000 images waiting a count takes 10 ms. Milliseconds. */
const TELL_EVERY_MS = 250

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  outbox: Outbox
  events: EventBus
  log: Log
  labels: SaveLabels
  facts: PushFacts
  classes: DatasetClasses
  /** Reports a background failure to the user, unless it is temporary. */
  trouble: (error: unknown) => void
  /** If false, push only on request; simulations need this to be deterministic. */
  isAutomatic: boolean
}

interface Worker {
  timer: NodeJS.Timeout | null
  running: Promise<void> | null
  /** Another change was queued during the push. */
  isWanted: boolean
  againMs: number
}

/** Pushes local changes in order, by itself whenever the network is there, and retries until they are acknowledged. */
export class SyncEngine {
  readonly #deps: Deps
  readonly #workers = new Map<string, Worker>()
  readonly #abort = new AbortController()
  /** Accounts whose counts were announced a moment ago, and whether they changed since. */
  readonly #told = new Map<string, { timer: NodeJS.Timeout; isStale: boolean }>()
  /** Only one push per dataset runs at a time. */
  readonly #turns = new Locks()

  constructor(deps: Deps) {
    this.#deps = deps
    deps.accounts.onOnline((accountId) => {
      if (deps.isAutomatic) void this.pushNow(accountId)
    })
  }

  /** Resumes what an earlier run of the app left unpushed. */
  start(): void {
    for (const { id } of this.#deps.accounts.list())
      if (this.#deps.outbox.datasetsWaiting(id).length > 0) this.#schedule(id)
  }

  /** Schedules a push after a local change of a dataset. */
  onChange(datasetId: string): void {
    const { remote } = this.#deps.datasets.find(datasetId) ?? {}
    if (!remote) return
    this.#tellChange(remote.accountId)
    this.#schedule(remote.accountId)
  }

  /** Sends the windows the number of unpushed changes of the dataset's account. */
  tell(datasetId: string): void {
    const { remote } = this.#deps.datasets.find(datasetId) ?? {}
    if (remote) this.#tell(remote.accountId, this.#worker(remote.accountId).running !== null)
  }

  /** Pushes everything now. Resolves when each change is acknowledged, refused, or must wait. */
  async pushNow(accountId: string): Promise<void> {
    const worker = this.#worker(accountId)
    if (worker.timer) clearTimeout(worker.timer)
    worker.timer = null
    worker.isWanted = true
    worker.running ??= this.#run(accountId, worker).finally(() => {
      worker.running = null
    })
    await worker.running
  }

  /**
   * Pushes one dataset for a caller that waits for it, such as an upload with labels. Throws what the client throws
   * on a temporary failure.
   */
  async pushDataset(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#abort.signal])
    const [failure] = await this.#push(client, datasetId, both)
    this.tell(datasetId)
    if (failure !== undefined) throw failure
  }

  /** Stops an account's pushes because the account is being removed; a running request finishes first. */
  async forget(accountId: string): Promise<void> {
    const worker = this.#workers.get(accountId)
    if (worker?.timer) clearTimeout(worker.timer)
    if (worker) worker.isWanted = false
    await worker?.running
    this.#workers.delete(accountId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new UserError('closed', 'The app is closing.'))
    for (const { timer } of this.#workers.values()) if (timer) clearTimeout(timer)
    for (const { timer } of this.#told.values()) clearTimeout(timer)
    await Promise.all([...this.#workers.values()].map(({ running }) => running))
  }

  #worker(accountId: string): Worker {
    const known = this.#workers.get(accountId)
    if (known) return known
    const worker: Worker = {
      timer: null,
      running: null,
      isWanted: false,
      againMs: AGAIN_FIRST_MS,
    }
    this.#workers.set(accountId, worker)
    return worker
  }

  #schedule(accountId: string, waitMs = this.#quietMs(accountId)): void {
    if (this.#abort.signal.aborted || !this.#deps.isAutomatic) return
    const worker = this.#worker(accountId)
    if (worker.timer) clearTimeout(worker.timer)
    worker.timer = setTimeout(() => void this.pushNow(accountId), waitMs)
  }

  #quietMs(accountId: string): number {
    const { limit } = this.#deps.accounts.budget(accountId).state
    return limit === null ? QUIET_MS : QUIET_LIMITED_MS(limit)
  }

  async #run(accountId: string, worker: Worker): Promise<void> {
    const { outbox, accounts, log } = this.#deps
    try {
      while (worker.isWanted && !this.#abort.signal.aborted) {
        worker.isWanted = false
        this.#tell(accountId, true)
        const failures: unknown[] = []
        for (const datasetId of outbox.datasetsWaiting(accountId))
          await accounts.run(accountId, async (client) => {
            failures.push(...(await this.#push(client, datasetId, this.#abort.signal)))
          })
        if (failures.length > 0) throw failures[0]
      }
      worker.againMs = AGAIN_FIRST_MS
    } catch (error) {
      if (this.#abort.signal.aborted) return
      // While offline, the account's own probe restarts the push. Other failures are retried after a delay.
      this.#deps.trouble(error)
      log.info('push put off', { reason: toServiceError(error).reason })
      this.#later(accountId, worker)
    } finally {
      this.#tell(accountId)
    }
  }

  #later(accountId: string, worker: Worker): void {
    const { accounts } = this.#deps
    if (!accounts.has(accountId) || !accounts.isOnline(accountId)) return
    const pausedMs = accounts.budget(accountId).waitMs()
    this.#schedule(accountId, Math.max(worker.againMs, pausedMs))
    worker.againMs = Math.min(worker.againMs * 2, AGAIN_LONGEST_MS)
  }

  /**
   * Pushes classes first, because labels may need them. A failure of one kind does not stop the other kinds, unless
   * the service is unreachable. Returns the temporary failures.
   */
  #push(client: Client, datasetId: string, signal: AbortSignal): Promise<unknown[]> {
    return this.#turns.during(datasetId, () => this.#pushKinds(client, datasetId, signal))
  }

  async #pushKinds(client: Client, datasetId: string, signal: AbortSignal): Promise<unknown[]> {
    const { facts, labels, classes } = this.#deps
    const failures: unknown[] = []
    const kinds = [
      () => classes.push(client, datasetId, signal),
      () => labels.push(client, datasetId, signal),
      () => classes.pushDeletions(client, datasetId, signal),
      () => facts.pushStages(client, datasetId, signal),
      () => facts.pushSplits(client, datasetId, signal),
      () => facts.pushTags(client, datasetId, signal),
      () => facts.pushComments(client, datasetId, signal),
    ]
    for (const push of kinds) {
      try {
        await push()
      } catch (error) {
        if (signal.aborted || isGeneral(error)) throw error
        failures.push(error)
      }
    }
    return failures
  }

  /** At once, and then once more if it changes within a moment. */
  #tellChange(accountId: string): void {
    const told = this.#told.get(accountId)
    if (told) {
      told.isStale = true
      return
    }
    this.#tell(accountId, this.#workers.get(accountId)?.running != null)
    const timer = setTimeout(() => {
      const isStale = this.#told.get(accountId)?.isStale
      this.#told.delete(accountId)
      if (isStale) this.#tellChange(accountId)
    }, TELL_EVERY_MS)
    timer.unref()
    this.#told.set(accountId, { timer, isStale: false })
  }

  #tell(accountId: string, isPushing = false): void {
    if (this.#abort.signal.aborted || !this.#deps.accounts.has(accountId)) return
    const counts = this.#deps.outbox.counts(accountId)
    this.#deps.events.publish({ type: 'sync', accountId, ...counts, isPushing })
  }
}
