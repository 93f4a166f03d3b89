// Starts Electron, and detects when it ends or hangs before the app has started.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Environment variable for Electron: the file that the app creates once it has started. */
const STARTED_FILE = 'PICTOGRAPH_STARTED_FILE'
/** A cold start on a slow disk takes about twenty seconds. Milliseconds. */
const HANGS_AFTER_MS = 60_000
const LOOK_MS = 100
/** The user or the system ends the app with these signals, so they are no failure. They are passed on to Electron. */
const ASKED_FOR = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** A shell reports the end by a signal as 128 plus its number. */
const isAskedFor = (code) => ASKED_FOR.some((name) => code === 128 + constants.signals[name])

/**
 * Why a start failed; null if it did not. Exit code 0 means that the app was already running and took over. With any
 * other code, Electron ended before the app could report the problem.
 */
function failure({ code, signal, error, hangs }) {
  if (hangs) return 'Electron did not start within a minute.'
  if (error) return `Electron could not be run (${error.code ?? error.message}).`
  if (signal) return ASKED_FOR.includes(signal) ? null : `Electron ended at its start (${signal}).`
  if (code === 127) return 'Electron could not be loaded: a library that it needs is missing.'
  return code === 0 || isAskedFor(code) ? null : `Electron ended at its start (exit code ${code}).`
}

/**
 * Runs Electron until it ends. Returns its exit code, or `because` if it failed, could not be loaded, or hung before
 * the app had started; then no process of it is left.
 */
export function startElectron(executable, args, { cwd, hangsAfterMs = HANGS_AFTER_MS }) {
  const folder = mkdtempSync(join(tmpdir(), 'pictograph-start-'))
  const startedFile = join(folder, 'started')
  let isStopped = false
  let child = null
  const stop = (signal) => {
    isStopped = true
    child?.kill(signal)
  }
  // Register before Electron starts: a signal in between would end only this process and leave Electron running.
  for (const signal of ASKED_FOR) process.on(signal, stop)
  child = spawn(executable, args, {
    cwd,
    stdio: 'inherit',
    // Terminals of Electron-based editors set this variable; Electron would run as Node, without windows.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined, [STARTED_FILE]: startedFile },
  })
  let started = false
  let hangs = false
  const look = setInterval(() => {
    started ||= existsSync(startedFile)
    if (started) clearInterval(look)
  }, LOOK_MS)
  const limit = setTimeout(() => {
    started ||= existsSync(startedFile)
    hangs = !started
    if (hangs) child.kill('SIGKILL')
  }, hangsAfterMs)
  return new Promise((done) => {
    const end = (how) => {
      clearInterval(look)
      clearTimeout(limit)
      for (const signal of ASKED_FOR) process.off(signal, stop)
      started ||= existsSync(startedFile)
      rmSync(folder, { recursive: true, force: true })
      const because = started || isStopped ? null : failure({ ...how, hangs })
      done(because === null ? { code: how.code ?? 1 } : { because })
    }
    child
      .once('error', (error) => end({ error }))
      .once('exit', (code, signal) => end({ code, signal }))
  })
}
