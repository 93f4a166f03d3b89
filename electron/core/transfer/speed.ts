import type { Clock } from '#core/api/retry.ts'

/** Length of the speed graph. */
const KEPT_S = 60
/** The displayed speed is the average of the last seconds. */
const SHOWN_S = 5

/** Smoothed bytes per second for display, with a history of one minute. */
export class SpeedMeter {
  readonly #clock: Clock
  readonly #history: number[] = []
  #second = 0
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(bytes: number): void {
    this.#roll()
    this.#bytes += bytes
  }

  get history(): number[] {
    this.#roll()
    return [...this.#history]
  }

  get bytesPerSecond(): number {
    const { history } = this
    const last = history.slice(-SHOWN_S)
    return last.length === 0
      ? this.#bytes
      : last.reduce((sum, value) => sum + value, 0) / last.length
  }

  /** Milliseconds until `bytes` more arrive; null while nothing moves. */
  leftMs(bytes: number): number | null {
    const speed = this.bytesPerSecond
    return speed > 0 ? (bytes / speed) * 1000 : null
  }

  #roll(): void {
    const now = Math.floor(this.#clock.now() / 1000)
    if (this.#second === 0) this.#second = now
    for (let gone = Math.min(now - this.#second, KEPT_S); gone > 0; gone--) {
      this.#history.push(this.#bytes)
      this.#bytes = 0
      if (this.#history.length > KEPT_S) this.#history.shift()
    }
    this.#second = now
  }
}
