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

/** First and longest pause after a failure, milliseconds. */
const RETRY_FIRST_MS = 500
const RETRY_LONGEST_MS = 10_000
/** An edit that has not been answered for so long is kept here as well. Milliseconds. */
const KEEP_AFTER_MS = 2_000

export interface AutosaveEvents {
  onState: (state: SaveState) => void
  /** The core has an edit: what undo and redo would do now. */
  onCommitted: (imageId: string, committed: Committed) => void
  /** The core will never take this edit; it has been put aside and the others go on. */
  onRefused: (commit: PendingCommit, reason: string) => void
  /** One of the above threw. Saving goes on: that is no fault of the edit. */
  onFault: (error: unknown) => void
}

/** Edits cannot be saved at the moment, and what has to come after them is not done later unasked. */
export class NotSavedError extends Error {}

/** Keeps unsent edits where they outlive the window. Must not throw. */
export interface Journal {
  write(commits: readonly PendingCommit[]): void
}

/**
 * Sends edits one after another, in order, until each has been acknowledged. An edit is sent again
 * under the same id after a failure, so that an answer that got lost does no harm.
 */
export class Autosave {
  readonly #backend: DocumentBackend
  readonly #events: AutosaveEvents
  readonly #journal: Journal
  readonly #queue: PendingCommit[] = []
  readonly #ours = new Set<string>()
  #sending: Promise<void> | null = null
  /** Why the last attempt failed; null: saving works, as far as is known. */
  #failure: string | null = null
  /** Those who want to know whether what is queued now gets saved. */
  #waiting: PromiseWithResolvers<void>[] = []
  #wake: (() => void) | null = null
  /** The journal holds something. */
  #isKept = false

  constructor(backend: DocumentBackend, events: AutosaveEvents, journal: Journal) {
    this.#backend = backend
    this.#events = events
    this.#journal = journal
  }

  /** Whether a change that the core tells of came from here. */
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
    // The engine has been silent for a while: this one may not reach it either.
    if (this.#isKept) this.keep()
    this.#start()
  }

  /** Resolves when everything has been acknowledged. */
  async flush(): Promise<void> {
    while (this.#sending) await this.#sending
  }

  /** Resolves when everything has been acknowledged. Throws a NotSavedError as soon as an attempt fails, or when one just did. */
  async saved(): Promise<void> {
    if (this.#failure !== null) throw new NotSavedError(this.#failure)
    if (!this.#sending) return
    const waiting = Promise.withResolvers<void>()
    this.#waiting.push(waiting)
    await waiting.promise
  }

  /** Tries again at once, e.g. when the connection is back. */
  retryNow(): void {
    this.#wake?.()
  }

  /** Writes what is unsent where it survives the window. */
  keep(): void {
    this.#isKept = this.#queue.length > 0
    this.#journal.write(this.#queue)
  }

  #start(): void {
    this.#sending ??= this.#run().finally(() => {
      this.#sending = null
      // Made while "saved" was being told.
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
      // An engine that hangs neither answers nor fails, and this window may end with it.
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
