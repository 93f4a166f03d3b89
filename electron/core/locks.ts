/**
 * One thing at a time for an image: between reading the service's labels, merging and telling, nothing else
 * that does the same may come in between.
 */
export class ImageLocks {
  readonly #last = new Map<string, Promise<void>>()

  /** Waits for its turn; the answer ends it. */
  async take(imageId: string): Promise<() => void> {
    const before = this.#last.get(imageId)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(imageId, promise)
    await before
    return () => {
      if (this.#last.get(imageId) === promise) this.#last.delete(imageId)
      resolve()
    }
  }

  async during<T>(imageId: string, work: () => Promise<T>): Promise<T> {
    const release = await this.take(imageId)
    try {
      return await work()
    } finally {
      release()
    }
  }
}
