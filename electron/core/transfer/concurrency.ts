import type { Clock } from '#core/api/retry.ts'

/**
 * Slow start, then additive increase and multiplicative decrease (Jacobson 1988; Chiu and Jain 1989): the first
 * doubles for as long as that pays, the steps afterwards, and how far one falls.
 */
const INCREASE = 4
const DECREASE = 0.6
/** A throughput better by this factor is worth another step. */
const WORTH_IT = 1.05
/** A doubling that is worth another one. */
const WORTH_DOUBLING = 1.15
/** How long one number is tried, milliseconds. */
const WINDOW_MS = 500
const START_WINDOW_MS = 300
/** Errors that come together are one sign of trouble. */
const CALM_MS = 1_000
const FIRST = 32

/**
 * How many connections at a time: more for as long as that brings more bytes or files a second, fewer at once
 * when something goes wrong.
 */
export class Concurrency {
  readonly #clock: Clock
  readonly #ceiling: number
  #limit: number
  #best = 0
  #units = 0
  #windowMs: number
  #calmUntilMs = 0
  #grewLast = true
  #isStarting = true

  constructor(ceiling: number, clock: Clock) {
    this.#clock = clock
    this.#ceiling = Math.max(1, ceiling)
    this.#limit = Math.min(FIRST, this.#ceiling)
    this.#windowMs = clock.now()
  }

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit))
  }

  /** Something came through; `units`: bytes, plus what a file costs besides its bytes. */
  onDone(units: number): void {
    this.#units += units
    const now = this.#clock.now()
    const elapsedMs = now - this.#windowMs
    if (elapsedMs < (this.#isStarting ? START_WINDOW_MS : WINDOW_MS)) return
    const rate = this.#units / elapsedMs
    this.#units = 0
    this.#windowMs = now
    if (now < this.#calmUntilMs) return
    if (this.#isStarting && rate > this.#best * WORTH_DOUBLING) {
      this.#best = rate
      this.#limit = Math.min(this.#ceiling, this.#limit * 2)
      return
    }
    this.#isStarting = false
    if (rate > this.#best * WORTH_IT) {
      this.#best = rate
      this.#limit = Math.min(this.#ceiling, this.#limit + INCREASE)
      this.#grewLast = true
    } else if (this.#grewLast) {
      // The last step brought nothing: back, and from here it is looked for anew in small steps.
      this.#limit = Math.max(FIRST / 2, this.#limit - INCREASE / 2)
      this.#grewLast = false
    } else {
      this.#best *= 0.9
      this.#limit = Math.min(this.#ceiling, this.#limit + 1)
    }
  }

  /** A reset, a time-out, a failing service: there were too many, or the line is bad. */
  onError(): void {
    const now = this.#clock.now()
    if (now < this.#calmUntilMs) return
    this.#calmUntilMs = now + CALM_MS
    this.#isStarting = false
    this.#limit = Math.max(2, this.#limit * DECREASE)
    this.#best *= DECREASE
  }
}

/**
 * Does work in parallel, as many at a time as the controller allows at each moment. `next` gives the next piece
 * or null when there is none at the moment (`settle` then ends the pool when all under way has ended).
 */
export async function runPool<T>(
  next: () => T | null,
  work: (item: T) => Promise<void>,
  concurrency: Concurrency,
  signal: AbortSignal,
  onActive: (count: number) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let active = 0
  let failed = false
  const fill = () => {
    while (!failed && !signal.aborted && active < concurrency.limit) {
      const item = next()
      if (item === null) break
      active++
      onActive(active)
      work(item).then(
        () => {
          active--
          onActive(active)
          fill()
        },
        (error: unknown) => {
          active--
          if (!failed) {
            failed = true
            firstError = error
          }
          fill()
        },
      )
    }
    if (active > 0) return
    onActive(0)
    if (failed) reject(firstError)
    else resolve()
  }
  let firstError: unknown
  fill()
  return promise
}
