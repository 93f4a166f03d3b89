import type { EventBus } from '#core/event-bus.ts'
import type { AppEvent } from '#shared/contract/events.ts'

/** Events from the moment of the call on, buffered while the reader is busy; ends with the signal. */
export async function* eventStream(
  events: EventBus,
  signal: AbortSignal | undefined,
): AsyncGenerator<AppEvent> {
  const waiting: AppEvent[] = []
  let wake: (() => void) | null = null
  using _listener = events.on((event) => {
    waiting.push(event)
    wake?.()
  })
  const onAbort = () => wake?.()
  signal?.addEventListener('abort', onAbort)
  try {
    // The first event tells the reader that no event is missed from now on.
    yield { type: 'listening' }
    yield* events.takeEarly()
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
