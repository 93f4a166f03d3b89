/** Worker thread: detects when the main thread stops responding. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, writeSync } from 'node:fs'
import type { Debugger } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { PRIVATE_FILE } from '#core/private-files.ts'
import { AFTER_PID, ENDED_BECAUSE, RESTARTS_BEFORE } from './after-previous.ts'
import { HANG } from './engine-end.ts'

export interface WatchdogStart {
  /** Its first number increases while the main thread is alive. */
  beats: Int32Array
  /** Not 0: the main thread is blocked on purpose. */
  halted: Int32Array
  nameAfterMs: number
  restartAfterMs: number
  logFile: string
  restart: { program: string; args: readonly string[]; isAttached: boolean } | null
}

/** One line of the log. */
export interface WatchdogReport {
  at: string
  level: 'error'
  message: string
  /** Stack of the main thread, innermost function first. */
  where?: string[]
}

const STDERR = 2
const LOOK_MS = 500
const FRAMES = 10

const { beats, halted, nameAfterMs, restartAfterMs, logFile, restart } = workerData as WatchdogStart

function report(fields: Omit<WatchdogReport, 'at' | 'level'>): void {
  const line: WatchdogReport = { at: new Date().toISOString(), level: 'error', ...fields }
  const text = `${JSON.stringify(line)}\n`
  try {
    // `process.stderr` of a worker goes through the main thread, which hangs.
    writeSync(STDERR, text)
  } catch {
    // The terminal is gone.
  }
  try {
    appendFileSync(logFile, text, { mode: PRIVATE_FILE })
  } catch {
    // The disk itself may hang.
  }
}

/** The main thread's stack, innermost function first; halts it briefly from outside. */
async function whereItHangs(): Promise<string[]> {
  const session = new Session()
  session.connectToMainThread()
  try {
    const urls = new Map<string, string>()
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url))
    const paused = once(session, 'Debugger.paused')
    await session.post('Debugger.enable')
    await session.post('Debugger.pause')
    const [{ params }] = (await paused) as [{ params: Debugger.PausedEventDataType }]
    const frames = params.callFrames.map(({ functionName, location }) => {
      const file = (urls.get(location.scriptId) ?? '').split(/[\\/]/).at(-1)
      return `${functionName || '(nameless)'} ${file}:${location.lineNumber + 1}`
    })
    await session.post('Debugger.resume')
    return frames.slice(0, FRAMES)
  } finally {
    session.disconnect()
  }
}

/** During a system call none of our functions runs, and nobody answers. */
const orNothing = (work: Promise<string[]>): Promise<string[]> =>
  Promise.race([work.catch(() => []), setTimeout(5_000, [])])

/** Maximum restarts in a row; otherwise a permanent hang would restart forever. */
const RESTARTS = 2
/** A process that ran this long had started well. Seconds. */
const LIVED_S = 600
const restarts = Number(process.env[RESTARTS_BEFORE] ?? 0)

let last = Atomics.load(beats, 0)
let lastAt = performance.now()
let lookedAt = lastAt
let isNamed = false
for (;;) {
  await setTimeout(LOOK_MS)
  const now = performance.now()
  // The machine was asleep, and this thread with it.
  if (now - lookedAt > LOOK_MS * 10 || Atomics.load(halted, 0) !== 0) lastAt = now
  lookedAt = now
  const beat = Atomics.load(beats, 0)
  if (beat !== last) {
    last = beat
    lastAt = now
    isNamed = false
    continue
  }
  const silentMs = now - lastAt
  if (silentMs > nameAfterMs && !isNamed) {
    isNamed = true
    report({
      message: `The engine has not responded for ${Math.round(silentMs / 1000)} s`,
      where: await orNothing(whereItHangs()),
    })
  }
  if (silentMs <= restartAfterMs || Atomics.load(beats, 0) !== last) continue
  const before = process.uptime() > LIVED_S ? 0 : restarts
  // A supervisor counts by itself.
  if (restart !== null && before >= RESTARTS) continue
  report({ message: `The engine is restarted (${HANG}). What was saved is on disk.` })
  if (restart !== null)
    spawn(restart.program, restart.args, {
      stdio: restart.isAttached ? 'inherit' : 'ignore',
      detached: !restart.isAttached,
      env: {
        ...process.env,
        [AFTER_PID]: String(process.pid),
        [RESTARTS_BEFORE]: String(before + 1),
        [ENDED_BECAUSE]: HANG,
      },
    }).unref()
  // SIGKILL, because the hanging thread handles all other signals.
  process.kill(process.pid, 'SIGKILL')
}
