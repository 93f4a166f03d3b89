import { type ChildProcess, fork } from 'node:child_process'
import { lastWords } from '#core/bare-environment.ts'
import { crashOf, type EngineEnd } from './engine-end.ts'

/** What the engine is to serve. It stands in the list of processes, so it holds no secrets. */
export interface EngineOrder {
  dataDir: string
  /** null: the default port, or any free one if that is taken. */
  port: number | null
  host: string
  /** A folder, image or link to open first. */
  target: string | null
  /** How the run before crashed. */
  endedBecause?: string
}

/** From the engine, when it serves. */
export interface EngineNote {
  url: string
  port: number
}

interface Supervised {
  /** Absolute: the engine's entry point. */
  file: string
  order: EngineOrder
  print: (line: string) => void
  /** Crashes within `withinMs` that are repaired; one more, and the app ends. */
  restarts?: number
  withinMs?: number
}

/** Closing takes two seconds at most; a second Ctrl+C does not wait. Milliseconds. */
const STOP_WITHIN_MS = 15_000
/** Two calls within this time are one. Milliseconds. */
const AGAIN_MS = 1_000
const INTERRUPTED = 130
const CRASHED = 1

/**
 * Runs the served app in a child process, and restarts it on the same port if it crashes: out of memory, killed by the
 * system, a fault in native code, or a hang that its watchdog ended. This process does nothing else, so what kills the
 * engine does not kill it.
 */
export function supervise({ file, order, print, restarts = 3, withinMs = 600_000 }: Supervised): {
  /** The first address. */
  served: Promise<string>
  /** The exit code. */
  ended: Promise<number>
  /** Ends in order; a second call at once. */
  stop: () => void
} {
  const served = Promise.withResolvers<string>()
  served.promise.catch(() => {})
  const ended = Promise.withResolvers<number>()
  let child: ChildProcess | null = null
  let isStopping = false
  let stoppedAt = 0
  let crashes: number[] = []

  const stop = () => {
    if (isStopping) {
      // npm passes one Ctrl+C on a second time.
      if (performance.now() - stoppedAt > AGAIN_MS) child?.kill('SIGKILL')
      return
    }
    isStopping = true
    stoppedAt = performance.now()
    // If it has ended meanwhile, its end is handled below.
    if (child?.connected) child.send('stop', () => {})
    setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS).unref()
  }

  const end = (code: number) => {
    served.reject(new Error('The app has ended'))
    ended.resolve(code)
  }

  const start = (given: EngineOrder) => {
    let port: number | null = null
    const engine = fork(file, [JSON.stringify(given)], {
      stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
      // Limits that the user gave to Node apply to the engine.
      execArgv: process.execArgv.filter((arg) => /^--(max|stack)-/.test(arg)),
    })
    child = engine
    const last = lastWords(engine.stderr)
    engine.stderr?.on('data', (text: string) => process.stderr.write(text))
    engine.on('message', (note: EngineNote) => {
      port = note.port
      served.resolve(note.url)
    })
    engine.once('error', (error) => {
      print(`The app could not be started: ${error.message}`)
      end(CRASHED)
    })
    // After its error output has been read completely.
    engine.once('close', (code, signal) => {
      child = null
      const how: EngineEnd = { code, signal, words: last.words }
      const because = crashOf(how)
      if (isStopping) end(because === null ? (code ?? 0) : INTERRUPTED)
      else if (because === null) end(code ?? 0)
      else if (port === null && given.endedBecause === undefined) {
        print(`The app ended before it had started (${because}).`)
        end(CRASHED)
      } else restart({ ...order, port: port ?? given.port, target: null, endedBecause: because })
    })
  }

  const restart = (next: EngineOrder) => {
    const now = Date.now()
    crashes = [...crashes.filter((at) => now - at < withinMs), now]
    if (crashes.length > restarts) {
      print(
        `The app’s engine ended ${crashes.length} times in a short time (${next.endedBecause}), so it is not started again. What was saved is on disk. The log in ${order.dataDir} says more; start the app again when the cause is gone.`,
      )
      end(CRASHED)
      return
    }
    print(`The app’s engine ended (${next.endedBecause}). It is being restarted.`)
    start(next)
  }

  start(order)
  return { served: served.promise, ended: ended.promise, stop }
}
