import type { Clock } from '#core/api/retry.ts'
import { isGeneral } from '#core/service-error.ts'

/**
 * First and longest pause after a general failure (no network, hourly limit used up): so short that transfers are at
 * full speed within ten seconds after an outage. Milliseconds.
 */
const FIRST_MS = 1_000
const LONGEST_MS = 5_000

/**
 * Retries until it works, as long as failures are general (`isGeneral`) and temporary. `onWait` gets the reason while
 * it waits; null when it resumes.
 */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  {
    waitMs,
    onWait,
    clock,
    signal,
  }: {
    /** How long the hourly limit pauses requests, in milliseconds. */
    waitMs: () => number
    /** `pauseMs`: until it is tried again. */
    onWait: (error: unknown, pauseMs: number) => void
    clock: Clock
    signal: AbortSignal
  },
): Promise<T> {
  for (let pauseMs = FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_MS)) {
    signal.throwIfAborted()
    try {
      const result = await work()
      onWait(null, 0)
      return result
    } catch (error) {
      signal.throwIfAborted()
      if (!isGeneral(error)) throw error
      const untilNextMs = Math.max(pauseMs, waitMs())
      onWait(error, untilNextMs)
      await clock.sleep(untilNextMs, signal)
    }
  }
}
