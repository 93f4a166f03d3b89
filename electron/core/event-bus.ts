import type { AppEvent } from '#shared/contract/events.ts'

type Listener = (event: AppEvent) => void

/** What happened in the core, told to every window that listens. */
export class EventBus {
  readonly #listeners = new Set<Listener>()

  publish(event: AppEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  on(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  /** Events from the moment of the call on, none lost while the reader is busy; ends with the signal. */
  async *stream(signal: AbortSignal | undefined): AsyncGenerator<AppEvent> {
    const waiting: AppEvent[] = []
    let wake: (() => void) | null = null
    using _listener = this.on((event) => {
      waiting.push(event)
      wake?.()
    })
    const onAbort = () => wake?.()
    signal?.addEventListener('abort', onAbort)
    try {
      // The first event tells the reader that from here on nothing is missed.
      yield { type: 'listening' }
      while (!signal?.aborted) {
        const next = waiting.shift()
        if (next) {
          yield next
          continue
        }
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }
}
