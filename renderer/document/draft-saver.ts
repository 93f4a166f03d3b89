import type { Drafts } from '#shared/contract/annotations.ts'
import type { DocumentBackend } from './backend.ts'

/** How often, and at which interval in milliseconds, saving drafts is retried. */
const TRIES = 60
const PAUSE_MS = 1_000

/**
 * Saves unfinished drawings to disk: the latest of each image, whichever document it came from. An image that is
 * reopened shares one queue with its old document, so that an old draft is never saved after a new one.
 */
export class DraftSaver {
  readonly #backend: DocumentBackend
  readonly #pauseMs: number
  readonly #wanted = new Map<string, Drafts>()
  readonly #sending = new Set<string>()

  constructor(backend: DocumentBackend, pauseMs = PAUSE_MS) {
    this.#backend = backend
    this.#pauseMs = pauseMs
  }

  /** Of several calls only the last counts. Failures are retried for a while, and with the next call. */
  save(imageId: string, drafts: Drafts): void {
    this.#wanted.set(imageId, drafts)
    if (this.#sending.has(imageId)) return
    this.#sending.add(imageId)
    void this.#send(imageId).finally(() => this.#sending.delete(imageId))
  }

  /** The draft that is not on disk yet; undefined: the latest is on disk. */
  pending(imageId: string): Drafts | undefined {
    return this.#wanted.get(imageId)
  }

  async #send(imageId: string): Promise<void> {
    for (let failures = 0; failures < TRIES; ) {
      const drafts = this.#wanted.get(imageId)
      if (drafts === undefined) return
      try {
        await this.#backend.saveDrafts(imageId, drafts)
        failures = 0
        if (this.#wanted.get(imageId) === drafts) this.#wanted.delete(imageId)
      } catch {
        failures++
        await new Promise((resolve) => setTimeout(resolve, this.#pauseMs))
      }
    }
  }
}
