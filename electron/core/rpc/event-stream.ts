import type { EventBus } from '#core/event-bus.ts'
import type { AppEvent } from '#shared/contract/events.ts'

/** Events that wait for a reader; a scan of 50,000 images makes some hundred. */
const MOST_WAITING = 20_000

/**
 * Events from the moment of the call on, buffered while the reader is busy; ends with the signal. It also ends when the
 * reader is far behind, so that a window that does not read takes no memory: a page that listens again reads
 * everything anew.
 */
export async function* eventStream(
  events: EventBus,
  signal: AbortSignal | undefined,
  mostWaiting = MOST_WAITING,
): AsyncGenerator<AppEvent> {
  const waiting: AppEvent[] = []
  let wake: (() => void) | null = null
  let isBehind = false
  using _listener = events.on((event) => {
    if (waiting.length >= mostWaiting) {
      isBehind = true
      waiting.length = 0
    }
    if (!isBehind) waiting.push(event)
    wake?.()
  })
  const onAbort = () => wake?.()
  signal?.addEventListener('abort', onAbort)
  try {
    // The first event tells the reader that no event is missed from now on.
    yield { type: 'listening' }
    yield* events.takeEarly()
    while (!signal?.aborted && !isBehind) {
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
