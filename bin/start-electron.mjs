// Starts Electron and notices when it ends, or hangs, before the app has begun.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

/** In Electron's environment: the file that the app makes as soon as it has begun. */
const STARTED_FILE = 'PICTOGRAPH_STARTED_FILE'
/** A cold start on a slow disk takes some twenty seconds. Milliseconds. */
const HANGS_AFTER_MS = 60_000
const LOOK_MS = 100
/** A person, or the system, ends the app with these: it did not break. They are passed on to Electron. */
const ASKED_FOR = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** A shell reports an end by a signal as 128 and its number. */
const isAskedFor = (code) => ASKED_FOR.some((name) => code === 128 + constants.signals[name])

/**
 * Why a start failed, in a sentence; null when it did not. Exit code 0 is a start that handed over to an app
 * that runs already. With any other, Electron ended before the app could say what is wrong.
 */
function failure({ code, signal, error, hangs }) {
  if (hangs) return 'Electron did not start within a minute.'
  if (error) return `Electron could not be run (${error.code ?? error.message}).`
  if (signal) return ASKED_FOR.includes(signal) ? null : `Electron ended at its start (${signal}).`
  if (code === 127) return 'Electron could not be loaded: a library that it needs is missing.'
  return code === 0 || isAskedFor(code) ? null : `Electron ended at its start (exit code ${code}).`
}

/**
 * Runs Electron until it ends. Answers its exit code, or `because` when it ended with an error or a signal, could
 * not be loaded, or hung before the app had begun; then nothing of it is left running.
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
  // Before Electron runs: a signal in between would end this process and leave Electron alone.
  for (const signal of ASKED_FOR) process.on(signal, stop)
  child = spawn(executable, args, {
    cwd,
    stdio: 'inherit',
    // Set in terminals of some editors, which are Electron themselves: it would run as Node, without windows.
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
