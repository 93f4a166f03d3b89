import type { Clock } from './retry.ts'

/** What the people waiting are told. */
export interface BudgetState {
  /** Requests an hour; null when no limit is known. */
  limit: number | null
  /** What the service says, or the settings, without what is only guessed for a while. */
  plan: number | null
  /** Made within the last hour: by us, or as the service says by all that use the key. */
  used: number
  /** Nothing is sent until then, milliseconds since 1970; null when requests go out. */
  pausedUntilMs: number | null
}

/** The headers `X-RateLimit-*` of an answer. */
export interface ToldLimit {
  limit: number
  remaining: number
  /** Milliseconds from the answer on until the hour begins anew; null: not said. */
  resetInMs: number | null
}

/** Requests an hour of the service's plans, smallest first. */
export const PLAN_LIMITS = [1_000, 2_000, 5_000, 20_000, 50_000, 100_000]

const HOUR_MS = 3_600_000
/** The hour is counted in slots of this length, so that a full budget costs no memory. Milliseconds. */
const SLOT_MS = 10_000
/** The end of the hour is told in whole seconds, by clocks that differ a little. Milliseconds. */
const SAME_HOUR_MS = 5_000

/**
 * Requests of one key within the plan's hourly limit, shared by all that use it. The service tells the limit and what
 * is left of it (`X-RateLimit-*`); until it does, requests are counted here. A 429 stops all of them together, and tells
 * when it goes on.
 */
export class RequestBudget {
  readonly #clock: Clock
  readonly #listeners = new Set<(state: BudgetState) => void>()
  #limit: number | null
  /** A plan that a refusal looked like, until then. */
  #guess: { limit: number; untilMs: number } | null = null
  /** What is left of the service's own hour. */
  #told: { remaining: number; fromMs: number; untilMs: number } | null = null
  #slots: { startMs: number; count: number }[] = []
  #pausedUntilMs = 0
  #pauseMs = 0

  /** `limit`: requests an hour, null for unknown. */
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

  /** What the service says of the key's hour counts more than what was set, guessed or counted here. */
  told({ limit, remaining, resetInMs }: ToldLimit): void {
    const now = this.#clock.now()
    const untilMs = now + Math.min(resetInMs ?? HOUR_MS, HOUR_MS)
    const known = this.#currentTold()
    // Answers come in any order; within an hour what is left only becomes less.
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

  /** Resolves when a request may be made, and counts it. Rejects when the signal is aborted. */
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

  /** The service said to wait: nobody sends anything before that. */
  pause(ms: number): void {
    this.#pauseUntil(this.#clock.now() + ms)
    this.#tell()
  }

  /**
   * The service refused a request as one too many, and did not say what the limit is. When about as many were made as a
   * smaller plan allows, that plan is kept to for an hour; else somebody else uses the key too, and waiting is all
   * there is to do.
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

  /** How long the next request has to wait, milliseconds; 0 when it can go. */
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
    // A clock that was set back must not keep an old hour.
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

  /** A clock that was set back must not make a pause, or the hour, longer than it was. */
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
