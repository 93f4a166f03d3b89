import { PictographError } from './errors.ts'
import type { CallOptions, Http } from './http.ts'

/** Polling interval of a background job, in milliseconds. */
const POLL_MS = 2_000
/** Work may take hours, and each poll is a request of the hourly limit. */
const LONGEST_POLL_MS = 30_000

/** Asks for a state until it is the last one. Rejects with the signal's reason. */
export async function polled<T>(
  http: Http,
  look: () => Promise<T>,
  isOver: (state: T) => boolean,
  { signal }: CallOptions,
): Promise<T> {
  for (let pauseMs = POLL_MS; ; pauseMs = Math.min(LONGEST_POLL_MS, pauseMs * 1.5)) {
    const state = await look()
    if (isOver(state)) return state
    await http.clock.sleep(pauseMs, signal)
  }
}

/** The error of a job that did not complete. `what`: for example `The import`. */
export function jobFailure(
  what: string,
  { route, status, reason }: { route: string; status: string; reason: string | null | undefined },
): PictographError {
  const why = reason ? `: ${reason}` : ''
  return new PictographError(`${what} ended as ${status}${why}`, { route, code: `job_${status}` })
}
