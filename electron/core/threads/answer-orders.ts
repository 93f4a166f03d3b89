import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './threads.ts'
import { toWireError } from './wire-error.ts'

export interface OrderContext<Note> {
  /** Aborts everything in progress. */
  signal: AbortSignal
  note: (note: Note) => void
}

/**
 * The thread's side of `Threads`: executes orders as they arrive. Results are sent together, once per turn of the
 * event loop.
 */
export function answerOrders<Order, Result, Note = never>(
  work: (order: Order, context: OrderContext<Note>) => Promise<Result>,
): void {
  const port = parentPort
  if (!port) throw new Error('This is for a thread')
  const stop = new AbortController()
  let outbox: FromThread<Result, Note>[] = []
  const send = (message: FromThread<Result, Note>) => {
    if (outbox.push(message) > 1) return
    setImmediate(() => {
      port.postMessage(outbox)
      outbox = []
    })
  }
  port.on('message', (message: ToThread<Order>) => {
    if (message === 'stop') return stop.abort()
    const { id, order } = message
    work(order, { signal: stop.signal, note: (note) => send({ id, note }) }).then(
      (result) => send({ id, result }),
      (error: unknown) => send({ id, error: toWireError(error) }),
    )
  })
}
