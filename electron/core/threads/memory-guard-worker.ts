/**
 * Runs in a thread of the process that runs models. The main thread is inside a model and answers nobody: this one
 * ends the whole process when it takes too much memory, or when the app that began it is gone.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { OUT_OF_MEMORY } from './memory-words.ts'

/** Memory is filled with about 2 GB a second: at most some 100 MB are taken between two looks. */
const EVERY_MS = 50
const STDERR = 2

const { memoryBytes } = workerData as { memoryBytes: number }
const parent = process.ppid

setInterval(() => {
  const isTooMuch = process.memoryUsage.rss() > memoryBytes
  if (!isTooMuch && process.ppid === parent) return
  try {
    if (isTooMuch) writeSync(STDERR, `${OUT_OF_MEMORY}\n`)
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
}, EVERY_MS)
