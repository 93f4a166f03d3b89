import type { Clock } from './retry.ts'

/** What the people waiting are told. */
export interface BudgetState {
  /** Requests an hour; null when no limit is known. */
  limit: number | null
  /** Made within the last hour. */
  used: number
  /** Nothing is sent until then, milliseconds since 1970; null when requests go out. */
  pausedUntilMs: number | null
}

/** Requests an hour of the service's plans, smallest first. */
export const PLAN_LIMITS = [1_000, 2_000, 5_000, 20_000, 50_000, 100_000]

const HOUR_MS = 3_600_000
/** The hour is counted in slots of this length, so that a full budget costs no memory. Milliseconds. */
const SLOT_MS = 10_000

/**
 * Requests of one key within the plan's hourly limit, shared by all that use it. A 429 stops all of them
 * together, and tells when it goes on.
 */
export class RequestBudget {
  readonly #clock: Clock
  readonly #listeners = new Set<(state: BudgetState) => void>()
  #limit: number | null
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
      limit: this.#limit,
      used: this.#used(),
      pausedUntilMs: paused ? this.#pausedUntilMs : null,
    }
  }

  setLimit(limit: number | null): void {
    this.#limit = limit
    this.#tell()
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
   * The service refused a request as one too many. When about as many were made as a smaller plan allows,
   * that is the plan; else somebody else uses the key too, and waiting is all there is to do.
   */
  refused(): void {
    this.#forget()
    const used = this.#used()
    const plan = PLAN_LIMITS.findLast((limit) => limit <= used * 1.1)
    if (plan !== undefined && (this.#limit === null || plan < this.#limit)) this.#limit = plan
    this.#tell()
  }

  /** How long the next request has to wait, milliseconds; 0 when it can go. */
  waitMs(): number {
    this.#forget()
    const now = this.#clock.now()
    if (this.#pausedUntilMs > now) return this.#pausedUntilMs - now
    const [oldest] = this.#slots
    if (this.#limit === null || !oldest || this.#used() < this.#limit) return 0
    const untilMs = oldest.startMs + SLOT_MS + HOUR_MS
    if (this.#pausedUntilMs < untilMs) {
      this.#pauseUntil(untilMs)
      this.#tell()
    }
    return untilMs - now
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
