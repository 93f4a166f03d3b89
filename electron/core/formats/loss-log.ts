import type { Loss } from '#shared/model/format.ts'

const MAX_EXAMPLES = 5

/** Counts what a conversion lost, by kind, with the first few places. */
export class LossLog {
  readonly #losses = new Map<string, Loss>()

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

  report(): Loss[] {
    return [...this.#losses.values()]
  }
}
