import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { workerFile } from '#core/worker-file.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { fromWireError, ThreadLostError, type WireError } from './wire-error.ts'

export type ToThread<Order> = { id: number; order: Order } | 'stop'
export type FromThread<Result, Note> = { id: number } & (
  | { result: Result }
  | { note: Note }
  | { error: WireError }
)

/** One thread per spare processor, at most `most`. */
export const spareThreads = (most: number): number =>
  Math.max(1, Math.min(most, availableParallelism() - 1))

interface Options {
  threads: number
  /** Size of each thread's young heap, for short-lived data such as file buffers. */
  youngMb: number
}

/**
 * Threads that do the same work, started on demand; each runs a file that calls `answerOrders`. If a thread dies, its
 * orders fail, and the next order starts a new one.
 */
export class Threads<Order, Result, Note = never> implements AsyncDisposable {
  readonly #file: string
  readonly #options: Options
  readonly #workers: (Worker | null)[]
  readonly #waiting = new Map<
    number,
    PromiseWithResolvers<Result> & { slot: number; onNote: (note: Note) => void }
  >()
  #next = 0

  /** `name`: the file, which is in `directory` in the source. */
  constructor(name: string, directory: string, options: Options) {
    this.#file = workerFile(name, directory)
    this.#options = options
    this.#workers = Array.from({ length: options.threads }, () => null)
  }

  /** Starts the threads before there is work, because that takes a moment. */
  warm(): void {
    for (const slot of this.#workers.keys()) this.#worker(slot)
  }

  /** Rejects with what the thread or `onNote` threw; with a ThreadLostError if the thread died. */
  do(order: Order, onNote: (note: Note) => void = () => {}): Promise<Result> {
    const id = this.#next++
    const slot = id % this.#workers.length
    const waiting = { ...Promise.withResolvers<Result>(), slot, onNote }
    this.#waiting.set(id, waiting)
    this.#worker(slot).postMessage({ id, order } satisfies ToThread<Order>)
    return waiting.promise
  }

  /** Aborts all running orders; each is rejected. Send no orders afterwards. */
  stop(): void {
    for (const worker of this.#workers) worker?.postMessage('stop' satisfies ToThread<Order>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker?.terminate()))
  }

  #worker(slot: number): Worker {
    const there = this.#workers[slot]
    if (there) return there
    const limits = { maxYoungGenerationSizeMb: this.#options.youngMb }
    const worker = new Worker(this.#file, { resourceLimits: limits })
    worker.on('message', (messages: FromThread<Result, Note>[]) => {
      for (const message of messages) this.#hear(message)
    })
    worker.on('error', (error) => this.#lose(slot, worker, messageOf(error)))
    worker.on('exit', () => this.#lose(slot, worker, 'it was ended'))
    this.#workers[slot] = worker
    return worker
  }

  #hear(message: FromThread<Result, Note>): void {
    const waiting = this.#waiting.get(message.id)
    if ('note' in message) {
      try {
        waiting?.onNote(message.note)
      } catch (error) {
        // Only this order fails; the other messages are for other orders.
        this.#waiting.delete(message.id)
        waiting?.reject(error)
      }
    } else {
      this.#waiting.delete(message.id)
      if ('error' in message) waiting?.reject(fromWireError(message.error))
      else waiting?.resolve(message.result)
    }
  }

  #lose(slot: number, worker: Worker, reason: string): void {
    // Another thread may have replaced it since the error.
    if (this.#workers[slot] !== worker) return
    this.#workers[slot] = null
    for (const [id, waiting] of this.#waiting)
      if (waiting.slot === slot) {
        this.#waiting.delete(id)
        waiting.reject(new ThreadLostError(`A thread ended: ${reason}`))
      }
  }
}
