import type { ToldLimit } from './budget.ts'
/** Time in milliseconds since 1970, and sleep; tests pass their own clock. */
export interface Clock {
  now(): number
  /** Rejects with the signal's reason when that is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** 0..1 */
  random(): number
}

/** The longest timer (32 bits). Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted) {
      reject(signal.reason)
      return promise
    }
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    // A longer timer would fire at once, and a waiting loop would spin.
    let leftMs = Number.isNaN(ms) ? 0 : ms
    let timer: NodeJS.Timeout
    const wait = () => {
      const nextMs = Math.min(leftMs, LONGEST_TIMER_MS)
      leftMs -= nextMs
      timer = setTimeout(() => {
        if (leftMs > 0) {
          wait()
          return
        }
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, nextMs)
    }
    wait()
    signal?.addEventListener('abort', onAbort, { once: true })
    return promise
  },
}

const BASE_MS = 1_000
const CAP_MS = 30_000

/** The delay before try `attempt` + 2 (0 for the first failure): doubling, capped, ± a quarter. Milliseconds. */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(CAP_MS, BASE_MS * 2 ** attempt) * (0.75 + random / 2)
}

/** The service counts by the hour, so never wait longer than a day. Seconds. */
const LONGEST_RETRY_S = 86_400

/** `Retry-After` in seconds from `nowMs`: a number, or an HTTP date (RFC 9110, 10.2.3); null if it is neither. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Math.min(LONGEST_RETRY_S, Number(value))
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.min(LONGEST_RETRY_S, Math.max(0, (date - nowMs) / 1000))
}

const RETRIED = new Set([408, 429, 500, 502, 503, 504])

export function isRetriedStatus(status: number): boolean {
  return RETRIED.has(status)
}

/**
 * The headers `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds of the service's clock, which `Date`
 * gives); null if they are missing or invalid.
 */
export function parseRateLimit(
  header: (name: string) => string | null,
  nowMs: number,
): ToldLimit | null {
  const whole = (name: string) => {
    const value = header(`x-ratelimit-${name}`)
    return value !== null && /^\d{1,15}$/.test(value.trim()) ? Number(value) : null
  }
  const [limit, remaining, reset] = [whole('limit'), whole('remaining'), whole('reset')]
  if (limit === null || limit === 0 || remaining === null || remaining > limit) return null
  const serverMs = Date.parse(header('date') ?? '')
  const resetInMs =
    reset === null ? null : reset * 1000 - (Number.isNaN(serverMs) ? nowMs : serverMs)
  return { limit, remaining, resetInMs: resetInMs !== null && resetInMs > 0 ? resetInMs : null }
}
