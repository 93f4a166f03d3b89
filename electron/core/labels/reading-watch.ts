import { ranOutOfMemory } from '#core/threads/memory-words.ts'
import { type LabelLimits, readingEnded } from './label-limits.ts'
import type { LabelNote } from './label-orders.ts'

/** How often the watch looks, at least; milliseconds. */
const WATCH_MS = 250
/** If the watch itself did not look for so long, nobody could. */
const ASLEEP_MS = 10 * WATCH_MS

interface Watched {
  /** Whether the process has something to do now. */
  isBusy(): boolean
  /** Ends the process: a step took too long. */
  end(): void
}

/** Watches a process that reads label files: each of its steps has a limit of time. */
export class ReadingWatch implements Disposable {
  readonly #limits: LabelLimits
  readonly #timer: NodeJS.Timeout
  #file = ''
  #lookedAt = performance.now()
  /** null: the process is still being loaded. */
  #lastStepAt: number | null = null
  #isTooSlow = false

  constructor(limits: LabelLimits, watched: Watched) {
    this.#limits = limits
    this.#timer = setInterval(() => this.#look(watched), Math.min(WATCH_MS, limits.stepMs))
    this.#timer.unref()
  }

  /** A step begins now. */
  step(): void {
    this.#lastStepAt = performance.now()
  }

  /** An order was given. While the process is being loaded, no time counts. */
  begin(): void {
    if (this.#lastStepAt !== null) this.step()
  }

  hear({ at, isOver }: LabelNote): void {
    this.step()
    if (at !== null) this.#file = at
    if (isOver) this[Symbol.dispose]()
  }

  /** Why the process ended; `words`: the end of its error output. */
  failure(words: string): Error {
    const how = this.#isTooSlow ? 'too_slow' : ranOutOfMemory(words) ? 'too_large' : 'crashed'
    return readingEnded(how, this.#file, this.#limits)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look({ isBusy, end }: Watched): void {
    const now = performance.now()
    const wasAsleep = now - this.#lookedAt > ASLEEP_MS
    this.#lookedAt = now
    if (this.#lastStepAt === null || !isBusy()) return
    // Both processes were stopped or asleep.
    if (wasAsleep) this.#lastStepAt = now
    this.#isTooSlow = now - this.#lastStepAt > this.#limits.stepMs
    if (this.#isTooSlow) end()
  }
}
