import type { AppEvent } from '#shared/contract/events.ts'

type Listener<E> = (event: E) => void

/**
 * Calls listeners in the order in which they subscribed. If one throws, that is reported to `onFault`; the other
 * listeners and the publisher continue.
 */
export class EventBus<E = AppEvent> {
  readonly #listeners = new Set<Listener<E>>()
  readonly #onFault: (error: unknown) => void
  readonly #early: E[] = []

  constructor(onFault: (error: unknown) => void = console.error) {
    this.#onFault = onFault
  }

  publish(event: E): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#onFault(error)
      }
    }
  }

  /** For the first page that comes: none listens while the app begins. */
  publishToFirst(event: E): void {
    this.#early.push(event)
  }

  /** What waits for the first page. */
  takeEarly(): E[] {
    return this.#early.splice(0)
  }

  on(listener: Listener<E>): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }
}
