import { messageOf } from '#shared/model/message-of.ts'
import {
  type Committed,
  type DocumentBackend,
  type PendingCommit,
  RefusedError,
} from './backend.ts'

export type SaveState =
  | { kind: 'saved' }
  | { kind: 'saving' }
  | { kind: 'failed'; reason: string; waiting: number }

/** First and longest pause after a failure, in milliseconds. */
const RETRY_FIRST_MS = 500
const RETRY_LONGEST_MS = 10_000
/** An edit without an answer for this long is also kept in the journal. Milliseconds. */
const KEEP_AFTER_MS = 2_000

export interface AutosaveEvents {
  onState: (state: SaveState) => void
  /** The core has committed an edit; contains the next undo and redo. */
  onCommitted: (imageId: string, committed: Committed) => void
  /** The core will never accept this edit; it was set aside and the others continue. */
  onRefused: (commit: PendingCommit, reason: string) => void
  /** One of the callbacks threw. Saving continues, because that is not the edit's fault. */
  onFault: (error: unknown) => void
}

/** Edits cannot be saved now, so the operation that depends on them is cancelled and not done later. */
export class NotSavedError extends Error {}

/** Keeps unsent edits where they survive the window. Must not throw. */
export interface Journal {
  write(commits: readonly PendingCommit[]): void
}

/**
 * Sends edits one after another, in order, until each is acknowledged. After a failure an edit is sent again with the
 * same id, so that a lost answer does no harm.
 */
export class Autosave {
  readonly #backend: DocumentBackend
  readonly #events: AutosaveEvents
  readonly #journal: Journal
  readonly #queue: PendingCommit[] = []
  readonly #ours = new Set<string>()
  #sending: Promise<void> | null = null
  /** Why the last attempt failed; null: saving works, as far as known. */
  #failure: string | null = null
  /** Callers that wait until everything queued is saved. */
  #waiting: PromiseWithResolvers<void>[] = []
  #wake: (() => void) | null = null
  /** The journal contains something. */
  #isKept = false

  constructor(backend: DocumentBackend, events: AutosaveEvents, journal: Journal) {
    this.#backend = backend
    this.#events = events
    this.#journal = journal
  }

  /** True if a change reported by the core came from this window. */
  isOurs(commitId: string): boolean {
    return this.#ours.has(commitId)
  }

  claim(commitId: string): void {
    this.#ours.add(commitId)
  }

  /** Edits of an image that the core has not acknowledged yet. */
  pending(imageId: string): PendingCommit[] {
    return this.#queue.filter((commit) => commit.imageId === imageId)
  }

  get isIdle(): boolean {
    return this.#queue.length === 0
  }

  enqueue(commit: PendingCommit): void {
    this.#queue.push(commit)
    this.#ours.add(commit.commitId)
    // The core has been silent for a while, so this edit may not reach it either.
    if (this.#isKept) this.keep()
    this.#start()
  }

  /** Resolves when everything is acknowledged. */
  async flush(): Promise<void> {
    while (this.#sending) await this.#sending
  }

  /**
   * Resolves when everything is acknowledged. Throws a NotSavedError as soon as an attempt fails, or if the last one
   * failed.
   */
  async saved(): Promise<void> {
    if (this.#failure !== null) throw new NotSavedError(this.#failure)
    if (!this.#sending) return
    const waiting = Promise.withResolvers<void>()
    this.#waiting.push(waiting)
    await waiting.promise
  }

  /** Retries at once, for example when the connection is back. */
  retryNow(): void {
    this.#wake?.()
  }

  /** Writes unsent edits where they survive the window. */
  keep(): void {
    this.#isKept = this.#queue.length > 0
    this.#journal.write(this.#queue)
  }

  #start(): void {
    this.#sending ??= this.#run().finally(() => {
      this.#sending = null
      // Queued while "saved" was being announced.
      if (this.#queue.length > 0) this.#start()
    })
  }

  #tell(work: (events: AutosaveEvents) => void): void {
    try {
      work(this.#events)
    } catch (error) {
      this.#events.onFault(error)
    }
  }

  #setFailure(reason: string | null): void {
    this.#failure = reason
    if (reason === null) return
    for (const { reject } of this.#waiting.splice(0)) reject(new NotSavedError(reason))
  }

  async #run(): Promise<void> {
    let pauseMs = RETRY_FIRST_MS
    this.#tell((events) => events.onState({ kind: 'saving' }))
    while (this.#queue.length > 0) {
      const [commit] = this.#queue
      // A hanging core neither answers nor fails, and this window may end with it.
      const silent = setTimeout(() => this.keep(), KEEP_AFTER_MS)
      try {
        await this.#sendOrPutAside(commit)
        this.#queue.shift()
        pauseMs = RETRY_FIRST_MS
        this.#setFailure(null)
        if (this.#isKept) this.keep()
      } catch (error) {
        this.keep()
        const reason = messageOf(error)
        this.#setFailure(reason)
        const waiting = this.#queue.length
        this.#tell((events) => events.onState({ kind: 'failed', reason, waiting }))
        await this.#pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, RETRY_LONGEST_MS)
      } finally {
        clearTimeout(silent)
      }
    }
    for (const { resolve } of this.#waiting.splice(0)) resolve()
    this.#tell((events) => events.onState({ kind: 'saved' }))
  }

  async #sendOrPutAside(commit: PendingCommit): Promise<void> {
    try {
      const committed = await this.#backend.commit(commit)
      this.#tell((events) => events.onCommitted(commit.imageId, committed))
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      this.#tell((events) => events.onRefused(commit, error.message))
    }
  }

  #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
}
