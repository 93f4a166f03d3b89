import { setImmediate } from 'node:timers/promises'
import { Threads } from '#core/threads/threads.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { Db } from './database.ts'

/** Sizes of the write-ahead log in pages of 4 kB. */
export interface CheckpointLimits {
  /** With so many pages that are not in the database file yet, a checkpoint begins. */
  due: number
  /** With so many pages, bulk work waits until all are in the database file, so that the log starts over. */
  full: number
  /** With so many pages, the writer makes a checkpoint itself, because the thread cannot keep up, or has failed. */
  most: number
}

const PAGE_BYTES = 4_096
/** SQLite’s own limit, 16 MB, and 64 MB. */
const LIMITS: CheckpointLimits = { due: 1_000, full: 4_000, most: 16_000 }

/** How often the log is looked at, milliseconds. */
const EVERY_MS = 500
/** After a checkpoint that failed or could not copy everything, nobody waits for another one for this time, milliseconds. */
const RETRY_MS = 5_000

interface Deps {
  db: Db
  file: string
  onProblem: (message: string) => void
  limits?: CheckpointLimits
}

/**
 * Copies the write-ahead log into the database file in a thread with a connection of its own. SQLite would do it in the
 * transaction that fills the log, where it stops the thread that answers the page for as long as the disk takes.
 */
export class Checkpoints implements AsyncDisposable {
  readonly #deps: Deps
  readonly #limits: CheckpointLimits
  readonly #threads: Threads<string, void>
  readonly #timer: NodeJS.Timeout
  /** Never rejects. */
  #running: Promise<void> | null = null
  #isOver = false
  #retryAtMs = 0

  constructor(deps: Deps) {
    this.#deps = deps
    this.#limits = deps.limits ?? LIMITS
    this.#threads = new Threads('checkpoint-worker', import.meta.dirname, {
      threads: 1,
      youngMb: 4,
    })
    deps.db.pragma(`wal_autocheckpoint = ${this.#limits.most}`)
    // The file of the log gets small again after bulk work.
    deps.db.pragma(`journal_size_limit = ${this.#limits.full * PAGE_BYTES}`)
    this.#timer = setInterval(() => this.#lookAgain(), EVERY_MS)
    this.#timer.unref()
  }

  /**
   * Bulk work awaits this between two transactions: other calls run meanwhile, and the log does not grow without end
   * while one transaction follows the other.
   */
  readonly pause = async (): Promise<void> => {
    const state = this.#begin()
    if (state.pages >= this.#limits.full && state.waiting > 0 && Date.now() >= this.#retryAtMs) {
      // A running checkpoint does not copy what was written after its start.
      await this.#running
      await this.#checkpoint()
      if (this.#state().waiting > this.#limits.due) this.#retryAtMs = Date.now() + RETRY_MS
    }
    await setImmediate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    clearInterval(this.#timer)
    await this.#running
    await this.#threads[Symbol.asyncDispose]()
  }

  /** What fails here must not end the process: the next write meets the same disk, and tells it. */
  #lookAgain(): void {
    if (Date.now() < this.#retryAtMs) return
    try {
      this.#begin()
    } catch (error) {
      this.#failed(error)
    }
  }

  #begin(): { pages: number; waiting: number } {
    const state = this.#state()
    if (state.waiting >= this.#limits.due && Date.now() >= this.#retryAtMs) void this.#checkpoint()
    return state
  }

  /** Pages in the log, and those of them that are not in the database file. */
  #state(): { pages: number; waiting: number } {
    const row = this.#deps.db
      .prepare<[], { log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)')
      .get()
    const pages = Math.max(0, row?.log ?? 0)
    return { pages, waiting: pages - Math.max(0, row?.checkpointed ?? 0) }
  }

  /** Never rejects. */
  async #checkpoint(): Promise<void> {
    if (this.#isOver) return
    this.#running ??= this.#copy().finally(() => {
      this.#running = null
    })
    await this.#running
  }

  async #copy(): Promise<void> {
    try {
      await this.#threads.do(this.#deps.file)
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#retryAtMs = Date.now() + RETRY_MS
    if (!this.#isOver) this.#deps.onProblem(messageOf(error))
  }
}
