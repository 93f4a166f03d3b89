/**
 * One task at a time per key, in order. For example, nothing else may change an image's labels between pulling,
 * merging and pushing them.
 */
export class Locks {
  readonly #last = new Map<string, Promise<void>>()

  /** Waits for the lock; call the result to release it. */
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

  /** Resolves when all tasks requested so far are done. */
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
