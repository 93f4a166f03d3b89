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

/** As many threads as the machine has processors to spare, `most` at the most. */
export const spareThreads = (most: number): number =>
  Math.max(1, Math.min(most, availableParallelism() - 1))

interface Options {
  threads: number
  /** Of each thread's heap: what is needed for a moment only, such as the buffers of files. */
  youngMb: number
}

/**
 * Threads that do the same work, begun when they are needed; a file of `answerOrders` is what runs in each. One that
 * ends by itself takes its orders with it, and the next order begins another.
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

  /** `name`: of the file, which lies in `directory` in the source. */
  constructor(name: string, directory: string, options: Options) {
    this.#file = workerFile(name, directory)
    this.#options = options
    this.#workers = Array.from({ length: options.threads }, () => null)
  }

  /** Begins the threads before there is work: they take a moment. */
  warm(): void {
    for (const slot of this.#workers.keys()) this.#worker(slot)
  }

  /** Rejects with what the thread threw, or `onNote`; with a ThreadLostError when the thread ended. */
  do(order: Order, onNote: (note: Note) => void = () => {}): Promise<Result> {
    const id = this.#next++
    const slot = id % this.#workers.length
    const waiting = { ...Promise.withResolvers<Result>(), slot, onNote }
    this.#waiting.set(id, waiting)
    this.#worker(slot).postMessage({ id, order } satisfies ToThread<Order>)
    return waiting.promise
  }

  /** Tells them to end what they are at: each order is rejected in its turn. Nothing is to be ordered afterwards. */
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
        // It is this order's fault alone: the other messages are for others.
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
    // Another may have taken its place since its error.
    if (this.#workers[slot] !== worker) return
    this.#workers[slot] = null
    for (const [id, waiting] of this.#waiting)
      if (waiting.slot === slot) {
        this.#waiting.delete(id)
        waiting.reject(new ThreadLostError(`A thread ended: ${reason}`))
      }
  }
}
