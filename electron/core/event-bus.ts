import type { AppEvent } from '#shared/contract/events.ts'

type Listener<E> = (event: E) => void

/**
 * Tells listeners what happened, in the order in which they came. A listener that throws is reported to `onFault`;
 * the others hear of the event all the same, and who published it goes on.
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
