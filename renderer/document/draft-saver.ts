import type { Drafts } from '#shared/contract/annotations.ts'
import type { DocumentBackend } from './backend.ts'

/** How often, and after how many milliseconds, drafts that could not be kept are tried again. */
const TRIES = 60
const PAUSE_MS = 1_000

/**
 * Keeps on disk what is being drawn: of each image the latest, whichever document it came from. An image that is left
 * and opened again has one queue, so that what its old document could not save never comes after the new one's.
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

  /** Of several calls the last. What cannot be kept is tried again for a while, and with the next call. */
  save(imageId: string, drafts: Drafts): void {
    this.#wanted.set(imageId, drafts)
    if (this.#sending.has(imageId)) return
    this.#sending.add(imageId)
    void this.#send(imageId).finally(() => this.#sending.delete(imageId))
  }

  /** What the disk does not have yet; undefined: it has the latest. */
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
