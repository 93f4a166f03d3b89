import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { workerFile } from '#core/worker-file.ts'
import type { WatchdogStart } from './watchdog-worker.ts'

/** Not 0: what halts this process is meant to. Shared with the thread that watches. */
const halted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** For as long as a question of the system is open, which halts this process. */
export function haltWatching(): Disposable {
  Atomics.add(halted, 0, 1)
  return { [Symbol.dispose]: () => void Atomics.sub(halted, 0, 1) }
}

/** The engine says that it lives this often, milliseconds. */
const BEAT_MS = 1_000

export interface WatchdogOptions {
  /** Silence after which the hang is looked at and named, milliseconds. */
  nameAfterMs?: number
  /** Silence after which the process is ended and begun again, milliseconds. */
  restartAfterMs?: number
  /** Where the report is added, absolute: the engine itself cannot write at such a moment. */
  logFile: string
  /** What is begun instead: the program and its arguments. */
  restart: { program: string; args: readonly string[]; isAttached: boolean }
}

/**
 * Watches this process from a thread of its own. An engine that hangs (a loop that does not end) is named, with the
 * function it is in, and after a while ended and begun again: what it acknowledged is on disk, what it did not the
 * pages still have and send again.
 */
export function watch({
  nameAfterMs = 15_000,
  restartAfterMs = 60_000,
  logFile,
  restart,
}: WatchdogOptions): Disposable {
  // Somebody who halts it to look at it must not lose it.
  if (inspectorUrl() !== undefined || process.execArgv.some((arg) => arg.startsWith('--inspect')))
    return { [Symbol.dispose]: () => {} }
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const workerData: WatchdogStart = { beats, halted, nameAfterMs, restartAfterMs, logFile, restart }
  const worker = new Worker(workerFile('watchdog-worker', import.meta.dirname), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
  })
  worker.unref()
  // Without it the app runs as well.
  worker.on('error', () => {})
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS)
  timer.unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      void worker.terminate()
    },
  }
}
