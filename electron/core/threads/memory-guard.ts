import { Worker } from 'node:worker_threads'
import { workerFile } from '#core/worker-file.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** Ends this process when it takes more than `memoryBytes`, or when the app that began it is gone. */
export function guardMemory(memoryBytes: number): void {
  new Worker(workerFile('memory-guard-worker', import.meta.dirname), {
    workerData: { memoryBytes },
  }).on('error', (error) => {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exit(1)
  })
}
