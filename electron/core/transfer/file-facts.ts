import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { workerFile } from '#core/worker-file.ts'
import type { FileFactsAnswer } from './file-facts-worker.ts'

/** Of a thread's heap: each file is a buffer that nobody needs a moment later. */
const YOUNG_MB = 4

/** Hashes files and reads their sizes in threads, so that the window stays smooth. */
export class FileFacts implements AsyncDisposable {
  readonly #workers: Worker[] = []
  readonly #waiting = new Map<number, PromiseWithResolvers<FileFactsAnswer>>()
  #next = 0

  constructor(threads = Math.max(1, Math.min(4, availableParallelism() - 1))) {
    const file = workerFile('file-facts-worker', import.meta.dirname)
    for (let index = 0; index < threads; index++) {
      const worker = new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
      worker.on('message', (answer: FileFactsAnswer) => {
        this.#waiting.get(answer.id)?.resolve(answer)
        this.#waiting.delete(answer.id)
      })
      worker.on('error', (error) => {
        for (const waiting of this.#waiting.values()) waiting.reject(error)
        this.#waiting.clear()
      })
      this.#workers.push(worker)
    }
  }

  read(file: string): Promise<FileFactsAnswer> {
    const id = this.#next++
    const answer = Promise.withResolvers<FileFactsAnswer>()
    this.#waiting.set(id, answer)
    this.#workers[id % this.#workers.length].postMessage({ id, file })
    return answer.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
    for (const waiting of this.#waiting.values()) waiting.reject(new Error('closed'))
    this.#waiting.clear()
  }
}
