import { stat } from 'node:fs/promises'
import { NetworkError } from '#core/api/errors.ts'
import { CONNECTION_BROKEN } from '#core/api/network-error.ts'
import { isBroken } from '#core/service-error.ts'
import type { JobContext } from './job.ts'

/** A file fails after this many broken connections in a row without progress. */
const BREAKS = 24

/** Matches the original error, or its readable form. */
const hasBroken = (error: unknown): boolean =>
  isBroken(error) ||
  (error instanceof NetworkError && error.code === CONNECTION_BROKEN) ||
  (error instanceof Error && error.cause !== undefined && hasBroken(error.cause))

/**
 * Tells a bad connection from a bad file. Connections break now and then; then everything waits. But if one file
 * makes no progress while the service is reachable, its storage is at fault.
 */
export class BrokenOff {
  readonly #context: Pick<JobContext, 'aside' | 'transfer' | 'signal'>
  readonly #part: string | null
  #breaks = 0
  #longest = 0

  /** `part`: absolute path of the partial file; null: nothing to resume. */
  constructor(context: Pick<JobContext, 'aside' | 'transfer' | 'signal'>, part: string | null) {
    this.#context = context
    this.#part = part
  }

  /** True if more retries are useless. Checks first that the service is reachable. */
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
