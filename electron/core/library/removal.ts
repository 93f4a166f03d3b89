import type { RemovedDatasets } from '#core/cache/removed-datasets.ts'
import { inPieces } from '#core/pieces.ts'
import type { Log } from '#core/ports.ts'

/**
 * Deletes the rows of datasets that were removed, in pieces. They are out of the library from the start; what an
 * earlier run of the app left is deleted by the next.
 */
export class Removal {
  readonly #removed: Pick<RemovedDatasets, 'step'>
  readonly #log: Log
  readonly #stop = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(removed: Pick<RemovedDatasets, 'step'>, log: Log) {
    this.#removed = removed
    this.#log = log
  }

  /** Begins to delete what is left, after what is being deleted already. Never rejects. */
  start(): Promise<void> {
    this.#work = this.#work
      .then(() => inPieces((rows) => this.#removed.step(rows), this.#stop.signal))
      .catch((error: unknown) =>
        // Nothing shows of it; the next start tries again.
        this.#log.error('a removed dataset could not be deleted', { error: String(error) }),
      )
    return this.#work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#work
  }
}
