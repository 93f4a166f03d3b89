import type { Loss } from '#shared/model/format.ts'
import { LIMITS } from './limits.ts'

const MAX_EXAMPLES = 5
/** A file can give each of its lines a reason of its own. */
const OTHERS = 'other things that are told no more one by one'
const LONGEST = 300

/** Counts what a conversion lost, by kind, with the first few places. */
export class LossLog {
  readonly #losses = new Map<string, Loss>()
  #leftOut = 0

  add(reason: string, where: string): void {
    const short = reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason
    const isNew = !this.#losses.has(short)
    const message = isNew && this.#losses.size >= LIMITS.losses ? OTHERS : short
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
    this.addReport(other.report())
  }

  /** The same for what another thread reported. */
  addReport(losses: readonly Loss[]): void {
    for (const { message, count, examples } of losses) {
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
