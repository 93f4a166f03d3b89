/** Runs in a thread of its own, and can therefore tell when the main one does not get on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import type { Debugger } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { PRIVATE_FILE } from '#core/private-files.ts'
import { AFTER_PID, RESTARTS_BEFORE } from './after-previous.ts'

export interface WatchdogStart {
  /** Its first number rises while the main thread lives. */
  beats: Int32Array
  /** Not 0: its silence is meant. */
  halted: Int32Array
  nameAfterMs: number
  restartAfterMs: number
  logFile: string
  restart: { program: string; args: readonly string[]; isAttached: boolean }
}

/** One line of the log. */
export interface WatchdogReport {
  at: string
  level: 'error'
  message: string
  /** Functions that the main thread was found in, innermost first. */
  where?: string[]
}

const LOOK_MS = 500
const FRAMES = 10

const { beats, halted, nameAfterMs, restartAfterMs, logFile, restart } = workerData as WatchdogStart

function report(fields: Omit<WatchdogReport, 'at' | 'level'>): void {
  const line: WatchdogReport = { at: new Date().toISOString(), level: 'error', ...fields }
  const text = `${JSON.stringify(line)}\n`
  process.stderr.write(text)
  try {
    appendFileSync(logFile, text, { mode: PRIVATE_FILE })
  } catch {
    // The disk may be what hangs.
  }
}

/** Where the main thread is, innermost function first: it is halted from outside for a moment. */
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

/** In a call of the system no function of ours runs, and nobody answers. */
const orNothing = (work: Promise<string[]>): Promise<string[]> =>
  Promise.race([work.catch(() => []), setTimeout(5_000, [])])

/** So often in a row it is begun again; what hangs each time would hang for ever. */
const RESTARTS = 2
/** A process that lived so long began well. Seconds. */
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
      message: `The engine has not got on for ${Math.round(silentMs / 1000)} s`,
      where: await orNothing(whereItHangs()),
    })
  }
  const before = process.uptime() > LIVED_S ? 0 : restarts
  if (silentMs > restartAfterMs && before < RESTARTS && Atomics.load(beats, 0) === last) {
    report({ message: 'The engine is ended and begun again. What was saved is on disk.' })
    spawn(restart.program, restart.args, {
      stdio: restart.isAttached ? 'inherit' : 'ignore',
      detached: !restart.isAttached,
      env: {
        ...process.env,
        [AFTER_PID]: String(process.pid),
        [RESTARTS_BEFORE]: String(before + 1),
      },
    }).unref()
    // Its own signals are handled by the thread that hangs.
    process.kill(process.pid, 'SIGKILL')
  }
}
