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

/** Strokes that follow each other are told together: this long after the last. Milliseconds. */
const QUIET_MS = 2_000
/** On a small plan a push an edit would use the hour up: an image costs two requests, half of them may go there. */
const QUIET_LIMITED_MS = (limit: number) => Math.max(QUIET_MS, (2 * 2 * 3_600_000) / limit)
/** After something passing went wrong it is tried again: first, and at the longest. Milliseconds. */
const AGAIN_FIRST_MS = 5_000
const AGAIN_LONGEST_MS = 120_000

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  outbox: Outbox
  events: EventBus
  log: Log
  labels: SaveLabels
  facts: PushFacts
  classes: DatasetClasses
  /** Something failed in the background: tell the person, unless it passes by itself. */
  trouble: (error: unknown) => void
  /** False: only what asks for it pushes; for simulations that are to be the same each time. */
  isAutomatic: boolean
}

interface Worker {
  timer: NodeJS.Timeout | null
  running: Promise<void> | null
  /** Something was queued while it ran. */
  isWanted: boolean
  againMs: number
}

/** Tells the service of what was done here: by itself when the network is there, in order, and until it is told. */
export class SyncEngine {
  readonly #deps: Deps
  readonly #workers = new Map<string, Worker>()
  readonly #abort = new AbortController()
  /** A dataset is pushed by one at a time. */
  readonly #turns = new Locks()

  constructor(deps: Deps) {
    this.#deps = deps
    deps.accounts.onOnline((accountId) => {
      if (deps.isAutomatic) void this.pushNow(accountId)
    })
  }

  /** What an earlier run of the app left unsaid goes on. */
  start(): void {
    for (const { id } of this.#deps.accounts.list())
      if (this.#deps.outbox.datasetsWaiting(id).length > 0) this.#schedule(id)
  }

  /** Something of a dataset was changed here. */
  onChange(datasetId: string): void {
    const { remote } = this.#deps.datasets.find(datasetId) ?? {}
    if (!remote) return
    this.#tell(remote.accountId)
    this.#schedule(remote.accountId)
  }

  /** Tells the windows how much of a dataset's account waits. */
  tell(datasetId: string): void {
    const { remote } = this.#deps.datasets.find(datasetId) ?? {}
    if (remote) this.#tell(remote.accountId, this.#worker(remote.accountId).running !== null)
  }

  /** Pushes what waits, now. Resolves when all was told, or marked, or cannot be told at the moment. */
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
   * Pushes what waits in one dataset, for somebody who waits for it: an upload with labels. Throws what the client
   * throws when something does not get through at the moment.
   */
  async pushDataset(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#abort.signal])
    const [failure] = await this.#push(client, datasetId, both)
    this.tell(datasetId)
    if (failure !== undefined) throw failure
  }

  /** Ends an account's pushes, because it is being removed; what is under way ends by itself. */
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
      // Offline: the account's own questions end it. Anything else is tried again in a while.
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
   * Classes first: labels may need them. What fails of one kind does not hold up the others, unless nothing
   * gets through at all. Answers what may pass.
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

  #tell(accountId: string, isPushing = false): void {
    if (this.#abort.signal.aborted || !this.#deps.accounts.has(accountId)) return
    const counts = this.#deps.outbox.counts(accountId)
    this.#deps.events.publish({ type: 'sync', accountId, ...counts, isPushing })
  }
}
