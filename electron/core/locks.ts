/**
 * One thing at a time for each key, in the order in which they were asked for: between reading an image's labels,
 * merging and telling, nothing else that does the same may come in between.
 */
export class Locks {
  readonly #last = new Map<string, Promise<void>>()

  /** Waits for its turn; the answer ends it. */
  async take(key: string): Promise<() => void> {
    const before = this.#last.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(key, promise)
    await before
    return () => {
      if (this.#last.get(key) === promise) this.#last.delete(key)
      resolve()
    }
  }

  /** When all that was asked for so far has had its turn. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }

  async during<T>(key: string, work: () => Promise<T>): Promise<T> {
    const release = await this.take(key)
    try {
      return await work()
    } finally {
      release()
    }
  }
}
