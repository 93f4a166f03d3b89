import type { RemovedDatasets } from '#core/cache/removed-datasets.ts'
import { inPieces } from '#core/pieces.ts'
import type { Log } from '#core/ports.ts'

/**
 * Deletes the rows of removed datasets in pieces. The library hides them from the start; the next run deletes what an
 * earlier one left.
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

  /** Deletes what is left, after a deletion in progress. Never rejects. */
  start(): Promise<void> {
    this.#work = this.#work
      .then(() => inPieces((rows) => this.#removed.step(rows), this.#stop.signal))
      .catch((error: unknown) =>
        // Users do not notice it; the next start retries.
        this.#log.error('a removed dataset could not be deleted', { error: String(error) }),
      )
    return this.#work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#work
  }
}
