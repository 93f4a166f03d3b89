import type { Clock } from '#core/api/retry.ts'

/**
 * Slow start: double each round while that pays (Jacobson 1988). Then steps up and down find out whether the network
 * or the number of connections is the limit ("perturb and observe"): a step up must raise the throughput, a step down
 * must not lower it. Errors reduce the number at once by a factor (Chiu and Jain 1989). After an outage the number
 * doubles each round again, up to the one before it. The connection can probably carry that many again.
 */
const STEP = 1 / 8
const DECREASE = 0.6
/**
 * A step of an eighth gains up to an eighth if the number of connections is the limit, and nothing if the network is.
 */
const WORTH_IT = 1.05
const COSTS_NOTHING = 0.96
/** This many files are enough to judge a step; an upload batch has no more. */
const JUDGED_FILES = 400
/** Minimum gain of a doubling that justifies another one. */
const WORTH_DOUBLING = 1.15
/** How long one number is measured, in milliseconds. */
const WINDOW_MS = 500
/** During slow start, a round is as many files as may run at a time, but at least this long. Milliseconds. */
const ROUND_MS = 40
/**
 * Slow start ends after this many rounds in a row with little gain, because one alone may be chance. A round that
 * loses ends it at once.
 */
const VAIN_ROUNDS = 2
/** After errors the number returns to this share of the one at which they came. */
const REGAINED = 0.9
/** Errors within this time count as one. Milliseconds. */
const CALM_MS = 1_000
const FIRST = 32
const LEAST = 8

/**
 * The number of concurrent connections: raises it while that brings more bytes or files per second, lowers it when
 * something fails.
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
  /** The number to return to after errors; 0: it is reached. */
  #regained = 0
  /** The highest number at which doubling still paid. */
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

  /** Work resumes: the idle time does not count. */
  begin(): void {
    this.#units = 0
    this.#filesDone = 0
    this.#windowMs = this.#clock.now()
  }

  /** A file is done; `units`: its bytes plus the fixed cost of a file. */
  onDone(units: number): void {
    this.#units += units
    this.#filesDone++
    const now = this.#clock.now()
    const elapsedMs = now - this.#windowMs
    const isRound = this.#isStarting || this.#regained > 0
    if (elapsedMs < (isRound ? ROUND_MS : WINDOW_MS)) return
    // Judge a number only by files that were started with it.
    const judged = isRound ? this.limit : Math.min(2 * this.limit, JUDGED_FILES)
    if (this.#filesDone < judged) return
    const rate = this.#units / elapsedMs
    this.begin()
    if (now < this.#calmUntilMs) return
    if (this.#regained > 0) this.#onRegain()
    else if (this.#isStarting) this.#onRound(rate)
    else this.#onStep(rate)
  }

  /** Keeps the last step and makes another, or reverts it and steps in the other direction. */
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

  /** Ends slow start at this number; the throughput is measured again from here. */
  #settleAt(limit: number): void {
    this.#isStarting = false
    this.#limit = limit
    this.#before = 0
    this.#isRising = true
  }

  /** A round without an error after an outage. */
  #onRegain(): void {
    this.#limit = Math.min(this.#regained, this.#limit * 2)
    if (this.#limit < this.#regained) return
    this.#regained = 0
    this.#settleAt(this.#limit)
  }

  /** A reset, timeout or service error: too many connections, or a bad network. */
  onError(): void {
    const now = this.#clock.now()
    if (now < this.#calmUntilMs) return
    this.#calmUntilMs = now + CALM_MS
    // Errors on the way back say nothing of the number before the outage; errors at that number lower it.
    const isOnTheWay = this.#limit < this.#regained / 2
    this.#regained = isOnTheWay ? this.#regained : Math.max(this.#regained, this.#limit) * REGAINED
    this.#settleAt(Math.max(2, this.#limit * DECREASE))
  }
}

/**
 * Runs work in parallel, at most as many at a time as the controller allows at that moment. `next` returns the next
 * item; a promise if there may be one when it resolves; or null at the end. Ends when all running items have ended.
 * Rejects with the first error of `next` or `work`, when all running items have ended.
 */
export async function runPool<T>(
  next: () => T | Promise<void> | null,
  work: (item: T) => Promise<void>,
  concurrency: Concurrency,
  signal: AbortSignal,
  onActive: (count: number) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let active = 0
  let isWaiting = false
  let failure: { error: unknown } | null = null
  const fail = (error: unknown) => {
    failure ??= { error }
  }
  const start = (item: T) => {
    active++
    onActive(active)
    work(item)
      .catch(fail)
      .finally(() => {
        active--
        onActive(active)
        fill()
      })
  }
  const wait = (more: Promise<void>) => {
    isWaiting = true
    more.catch(fail).finally(() => {
      isWaiting = false
      fill()
    })
  }
  const fill = () => {
    try {
      while (!failure && !signal.aborted && !isWaiting && active < concurrency.limit) {
        const item = next()
        if (item === null) break
        if (item instanceof Promise) wait(item)
        else start(item)
      }
    } catch (error) {
      fail(error)
    }
    if (active > 0 || isWaiting) return
    onActive(0)
    if (failure) reject(failure.error)
    else resolve()
  }
  concurrency.begin()
  fill()
  return promise
}
