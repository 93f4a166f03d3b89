import type { RemovedDatasets } from '#core/cache/removed-datasets.ts'
import { inPieces } from '#core/pieces.ts'
import type { Log } from '#core/ports.ts'
import type { Works } from '#core/works.ts'

/**
 * Deletes the rows of removed datasets in pieces. The library hides them from the start; the next run deletes what an
 * earlier one left.
 */
export class Removal {
  readonly #removed: Pick<RemovedDatasets, 'step'>
  readonly #works: Works
  readonly #log: Log
  readonly #pause: () => Promise<void>
  readonly #stop = new AbortController()
  #work: Promise<void> = Promise.resolve()

  /** `pause`: awaited between two transactions. */
  constructor(
    removed: Pick<RemovedDatasets, 'step'>,
    works: Works,
    log: Log,
    pause: () => Promise<void>,
  ) {
    this.#removed = removed
    this.#works = works
    this.#log = log
    this.#pause = pause
  }

  /** Deletes what is left, after a deletion in progress. Never rejects. */
  start(): Promise<void> {
    this.#work = this.#work
      .then(async () => {
        // The dataset is already hidden; the number of remaining rows is unknown, so no progress is shown.
        using _work = this.#works.begin({ datasetId: null, label: 'Remove dataset' })
        await inPieces((rows) => this.#removed.step(rows), this.#stop.signal, this.#pause)
      })
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
