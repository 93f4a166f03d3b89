import { stat } from 'node:fs/promises'
import { NetworkError } from '#core/api/errors.ts'
import { CONNECTION_BROKEN } from '#core/api/network-error.ts'
import { isBroken } from '#core/service-error.ts'
import type { JobContext } from './job.ts'

/** A file's connection may break off so often in a row without getting further. */
const BREAKS = 24

/** As it was thrown, or in words for a person. */
const hasBroken = (error: unknown): boolean =>
  isBroken(error) ||
  (error instanceof NetworkError && error.code === CONNECTION_BROKEN) ||
  (error instanceof Error && error.cause !== undefined && hasBroken(error.cause))

/**
 * Tells a line that is bad from one file that is: connections break off on the way now and then, and then everything
 * waits for better times. A file that never gets further while the service answers is the fault of where it lies.
 */
export class BrokenOff {
  readonly #context: Pick<JobContext, 'aside' | 'transfer' | 'signal'>
  readonly #part: string | null
  #breaks = 0
  #longest = 0

  /** `part`: where what has come lies, absolute; null: nothing is continued. */
  constructor(context: Pick<JobContext, 'aside' | 'transfer' | 'signal'>, part: string | null) {
    this.#context = context
    this.#part = part
  }

  /** Whether trying again is in vain. Asks the service before it says so. */
  async isHopeless(error: unknown): Promise<boolean> {
    if (!hasBroken(error)) return false
    const length = this.#part === null ? 0 : ((await stat(this.#part).catch(() => null))?.size ?? 0)
    if (length > this.#longest) {
      this.#longest = length
      this.#breaks = 0
      return false
    }
    this.#breaks++
    if (this.#breaks < BREAKS) return false
    this.#breaks = 0
    const { aside, transfer, signal } = this.#context
    return aside((client) => client.datasets.get(transfer.remoteId, { signal, retries: 0 })).then(
      () => true,
      () => false,
    )
  }
}
