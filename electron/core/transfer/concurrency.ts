import type { Clock } from '#core/api/retry.ts'

/**
 * Slow start, a doubling each round for as long as that pays (Jacobson 1988). Then steps up and down by which is told
 * whether the line or their number is what holds it up ("perturb and observe"): a step up has to bring something, one
 * down must not cost anything. Errors take it down by a factor at once (Chiu and Jain 1989).
 */
const STEP = 1 / 8
const DECREASE = 0.6
/** Of a step that brings an eighth where the number is what holds it up, and nothing where the line is. */
const WORTH_IT = 1.05
const COSTS_NOTHING = 0.96
/** So many tell enough: a batch of an upload has no more. */
const JUDGED_FILES = 400
/** A doubling that is worth another one. */
const WORTH_DOUBLING = 1.15
/** How long one number is tried, milliseconds. */
const WINDOW_MS = 500
/** While it starts, a round is as many files as may be under way, and no shorter than this. */
const ROUND_MS = 40
/** Rounds in a row that gain little end the start: one alone may be chance. One that loses ends it at once. */
const VAIN_ROUNDS = 2
/** Errors that come together are one sign of trouble. */
const CALM_MS = 1_000
const FIRST = 32
const LEAST = 8

/**
 * How many connections at a time: more for as long as that brings more bytes or files a second, fewer at once
 * when something goes wrong.
 */
export class Concurrency {
  readonly #clock: Clock
  readonly #ceiling: number
  #limit: number
  #before = 0
  #units = 0
  #windowMs: number
  #calmUntilMs = 0
  #isRising = true
  #isStarting = true
  #filesDone = 0
  #vainRounds = 0
  /** With so many the last doubling brought something. */
  #paidLimit: number

  constructor(ceiling: number, clock: Clock) {
    this.#clock = clock
    this.#ceiling = Math.max(1, ceiling)
    this.#limit = Math.min(FIRST, this.#ceiling)
    this.#paidLimit = this.#limit
    this.#windowMs = clock.now()
  }

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit))
  }

  /** There is work again: the time without counts for nothing. */
  begin(): void {
    this.#units = 0
    this.#filesDone = 0
    this.#windowMs = this.#clock.now()
  }

  /** Something came through; `units`: bytes, plus what a file costs besides its bytes. */
  onDone(units: number): void {
    this.#units += units
    this.#filesDone++
    const now = this.#clock.now()
    const elapsedMs = now - this.#windowMs
    if (elapsedMs < (this.#isStarting ? ROUND_MS : WINDOW_MS)) return
    // A number is judged by files that were begun with it.
    const judged = this.#isStarting ? this.limit : Math.min(2 * this.limit, JUDGED_FILES)
    if (this.#filesDone < judged) return
    const rate = this.#units / elapsedMs
    this.begin()
    if (now < this.#calmUntilMs) return
    if (this.#isStarting) this.#onRound(rate)
    else this.#onStep(rate)
  }

  /** The last step is kept, and another one made; or it is taken back, and one the other way made. */
  #onStep(rate: number): void {
    const isKept = rate > this.#before * (this.#isRising ? WORTH_IT : COSTS_NOTHING)
    this.#before = rate
    if (!isKept) {
      this.#step(!this.#isRising)
      this.#isRising = !this.#isRising
    }
    this.#step(this.#isRising)
  }

  #step(isRising: boolean): void {
    const limit = this.#limit * (isRising ? 1 + STEP : 1 / (1 + STEP))
    this.#limit = Math.min(this.#ceiling, Math.max(Math.min(LEAST, this.#ceiling), limit))
  }

  #onRound(rate: number): void {
    if (rate > this.#before * WORTH_DOUBLING) {
      this.#paidLimit = this.#limit
      this.#vainRounds = 0
    } else this.#vainRounds += rate > this.#before ? 1 : VAIN_ROUNDS
    this.#before = Math.max(this.#before, rate)
    this.#isStarting = this.#vainRounds < VAIN_ROUNDS
    if (this.#isStarting) this.#limit = Math.min(this.#ceiling, this.#limit * 2)
    else this.#settleAt(this.#paidLimit)
  }

  /** From here steps are made: what it brings is measured anew. */
  #settleAt(limit: number): void {
    this.#isStarting = false
    this.#limit = limit
    this.#before = 0
    this.#isRising = true
  }

  /** A reset, a time-out, a failing service: there were too many, or the line is bad. */
  onError(): void {
    const now = this.#clock.now()
    if (now < this.#calmUntilMs) return
    this.#calmUntilMs = now + CALM_MS
    this.#settleAt(Math.max(2, this.#limit * DECREASE))
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
      let item: T | null
      try {
        item = next()
      } catch (error) {
        failed = true
        firstError = error
        break
      }
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
  concurrency.begin()
  fill()
  return promise
}
