import type { Clock } from './retry.ts'

/** The budget's state for display. */
export interface BudgetState {
  /** Requests per hour; null if the limit is unknown. */
  limit: number | null
  /** The limit from the service or the settings, ignoring a temporary guess. */
  plan: number | null
  /** Requests within the last hour: our own, or, as the service reports, of all who use the key. */
  used: number
  /** Nothing is sent until then, in milliseconds since 1970; null while requests go out. */
  pausedUntilMs: number | null
}

/** The `X-RateLimit-*` headers of an answer. */
export interface ToldLimit {
  limit: number
  remaining: number
  /** Milliseconds from the answer until the hour restarts; null: unknown. */
  resetInMs: number | null
}

/** Requests per hour of the service's plans, in ascending order. */
export const PLAN_LIMITS = [1_000, 2_000, 5_000, 20_000, 50_000, 100_000]

const HOUR_MS = 3_600_000
/** Requests are counted in time slots of this length, so that a full budget needs little memory. Milliseconds. */
const SLOT_MS = 10_000
/** Tolerance when comparing ends of an hour, which come in whole seconds from clocks that differ. Milliseconds. */
const SAME_HOUR_MS = 5_000

/**
 * Keeps the requests of one key within the plan's hourly limit, shared by all users of this object. The service
 * reports the limit and the rest (`X-RateLimit-*`); until then, requests are counted here. A 429 pauses all of them,
 * and reports until when.
 */
export class RequestBudget {
  readonly #clock: Clock
  readonly #listeners = new Set<(state: BudgetState) => void>()
  #limit: number | null
  /** A smaller plan guessed from a refusal, until it expires. */
  #guess: { limit: number; untilMs: number } | null = null
  /** The rest of the service's current hour. */
  #told: { remaining: number; fromMs: number; untilMs: number } | null = null
  #slots: { startMs: number; count: number }[] = []
  #pausedUntilMs = 0
  #pauseMs = 0

  /** `limit`: requests per hour, null if unknown. */
  constructor(limit: number | null, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
  }

  get state(): BudgetState {
    this.#forget()
    const paused = this.#pausedUntilMs > this.#clock.now()
    return {
      limit: this.#effectiveLimit(),
      plan: this.#limit,
      used: this.#used(),
      pausedUntilMs: paused ? this.#pausedUntilMs : null,
    }
  }

  setLimit(limit: number | null): void {
    this.#limit = limit
    this.#guess = null
    this.#tell()
  }

  /** The service's own figures override settings, guesses and counts. */
  told({ limit, remaining, resetInMs }: ToldLimit): void {
    const now = this.#clock.now()
    const untilMs = now + Math.min(resetInMs ?? HOUR_MS, HOUR_MS)
    const known = this.#currentTold()
    // Answers arrive in any order; within an hour the rest only decreases.
    const isSameHour = known !== null && Math.abs(known.untilMs - untilMs) < SAME_HOUR_MS
    const left = isSameHour ? Math.min(known.remaining, remaining) : remaining
    this.#told = resetInMs === null ? null : { remaining: left, fromMs: now, untilMs }
    const isNew = this.#limit !== limit || this.#guess !== null
    this.#limit = limit
    this.#guess = null
    if (isNew) this.#tell()
  }

  subscribe(listener: (state: BudgetState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when a request may be sent, and counts it. Rejects when the signal is aborted. */
  async take(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      const waitMs = this.waitMs()
      if (waitMs <= 0) break
      await this.#clock.sleep(waitMs, signal)
    }
    if (this.#told) this.#told.remaining--
    const now = this.#clock.now()
    const last = this.#slots.at(-1)
    if (last && now - last.startMs < SLOT_MS) last.count++
    else this.#slots.push({ startMs: now, count: 1 })
  }

  /** The service asked to wait: nothing is sent before that. */
  pause(ms: number): void {
    this.#pauseUntil(this.#clock.now() + ms)
    this.#tell()
  }

  /**
   * The service refused a request and did not state the limit. If the number of requests matches a smaller plan,
   * assume that plan for an hour; otherwise somebody else uses the key, too, and we can only wait.
   */
  refused(): void {
    this.#forget()
    if (this.#told === null) {
      const used = this.#used()
      const plan = PLAN_LIMITS.findLast((limit) => limit <= used * 1.1 && limit >= used * 0.9)
      const limit = this.#effectiveLimit()
      if (plan !== undefined && (limit === null || plan < limit))
        this.#guess = { limit: plan, untilMs: this.#clock.now() + HOUR_MS }
    }
    this.#tell()
  }

  /** Milliseconds until the next request may be sent; 0: now. */
  waitMs(): number {
    this.#forget()
    const now = this.#clock.now()
    if (this.#pausedUntilMs > now) return this.#pausedUntilMs - now
    const untilMs = this.#fullUntilMs()
    if (untilMs === null || untilMs <= now) return 0
    if (this.#pausedUntilMs < untilMs) {
      this.#pauseUntil(untilMs)
      this.#tell()
    }
    return untilMs - now
  }

  /** When the next request fits into the hour; null: now. */
  #fullUntilMs(): number | null {
    const told = this.#currentTold()
    if (told) return told.remaining > 0 ? null : told.untilMs
    const [oldest] = this.#slots
    const limit = this.#effectiveLimit()
    if (limit === null || !oldest || this.#used() < limit) return null
    return oldest.startMs + SLOT_MS + HOUR_MS
  }

  #currentTold() {
    const now = this.#clock.now()
    // A clock that was set back must not extend an old hour.
    if (this.#told && (this.#told.untilMs <= now || now < this.#told.fromMs)) this.#told = null
    return this.#told
  }

  #effectiveLimit(): number | null {
    if (this.#guess && this.#guess.untilMs <= this.#clock.now()) this.#guess = null
    return this.#guess?.limit ?? this.#limit
  }

  #pauseUntil(untilMs: number): void {
    if (untilMs <= this.#pausedUntilMs) return
    this.#pausedUntilMs = untilMs
    this.#pauseMs = untilMs - this.#clock.now()
  }

  /** A clock that was set back must not extend a pause or the hour. */
  #followClock(): void {
    const now = this.#clock.now()
    this.#pausedUntilMs = Math.min(this.#pausedUntilMs, now + this.#pauseMs)
    for (const slot of this.#slots) slot.startMs = Math.min(slot.startMs, now)
  }

  #used(): number {
    const told = this.#currentTold()
    if (told && this.#limit !== null) return Math.max(0, this.#limit - told.remaining)
    return this.#slots.reduce((sum, { count }) => sum + count, 0)
  }

  #forget(): void {
    this.#followClock()
    const edge = this.#clock.now() - HOUR_MS - SLOT_MS
    while (this.#slots[0] && this.#slots[0].startMs <= edge) this.#slots.shift()
  }

  #tell(): void {
    const { state } = this
    for (const listener of this.#listeners) listener(state)
  }
}
