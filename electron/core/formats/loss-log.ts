import type { Loss } from '#shared/model/format.ts'

const MAX_EXAMPLES = 5

/** Counts what a conversion lost, by kind, with the first few places. */
export class LossLog {
  readonly #losses = new Map<string, Loss>()
  #leftOut = 0

  add(message: string, where: string): void {
    const loss = this.#losses.get(message)
    if (!loss) {
      this.#losses.set(message, { message, count: 1, examples: [where] })
      return
    }
    loss.count++
    if (loss.examples.length < MAX_EXAMPLES && !loss.examples.includes(where))
      loss.examples.push(where)
  }

  /** The same for an annotation that is not written at all. */
  leaveOut(message: string, where: string): void {
    this.leaveOutOne()
    this.add(message, where)
  }

  /** The same where the reason is counted already. */
  leaveOutOne(): void {
    this.#leftOut++
  }

  /** Counts what another log has counted as well. */
  addAll(other: LossLog): void {
    this.#leftOut += other.leftOut
    for (const { message, count, examples } of other.report()) {
      for (const where of examples) this.add(message, where)
      const loss = this.#losses.get(message)
      if (loss) loss.count += count - examples.length
    }
  }

  /** How many annotations are not written. */
  get leftOut(): number {
    return this.#leftOut
  }

  report(): Loss[] {
    return [...this.#losses.values()]
  }
}
