import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { workerFile } from '#core/worker-file.ts'
import type { WatchdogStart } from './watchdog-worker.ts'

/** Not 0: this process is blocked on purpose. Shared with the watchdog thread. */
const halted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Pauses the watchdog while a system dialog blocks this process. */
export function haltWatching(): Disposable {
  Atomics.add(halted, 0, 1)
  return { [Symbol.dispose]: () => void Atomics.sub(halted, 0, 1) }
}

/** Interval of the main thread's heartbeat, in milliseconds. */
const BEAT_MS = 1_000

export interface WatchdogOptions {
  /** Silence after which the hang is logged, in milliseconds. */
  nameAfterMs?: number
  /** Silence after which the process is restarted, in milliseconds. */
  restartAfterMs?: number
  /** The log file, absolute; the hanging thread itself cannot write. */
  logFile: string
  /** The program to start instead, with its arguments; null: a supervisor does that. */
  restart: { program: string; args: readonly string[]; isAttached: boolean } | null
}

/**
 * Watches this process from another thread. If it hangs (for example in an endless loop), logs the function, and
 * restarts the process after a while. Acknowledged edits are on disk; pages keep the others and send them again.
 */
export function watch({
  nameAfterMs = 15_000,
  restartAfterMs = 60_000,
  logFile,
  restart,
}: WatchdogOptions): Disposable {
  // Somebody who debugs the process must not lose it.
  if (inspectorUrl() !== undefined || process.execArgv.some((arg) => arg.startsWith('--inspect')))
    return { [Symbol.dispose]: () => {} }
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const workerData: WatchdogStart = { beats, halted, nameAfterMs, restartAfterMs, logFile, restart }
  const worker = new Worker(workerFile('watchdog-worker', import.meta.dirname), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
  })
  worker.unref()
  // The app also runs without it.
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
