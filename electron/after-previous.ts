/** Environment variable of a restart after a hang: the old process id. */
export const AFTER_PID = 'PICTOGRAPH_AFTER_PID'
/** Environment variable of a restart: the number of restarts in a row. */
export const RESTARTS_BEFORE = 'PICTOGRAPH_RESTARTS'
/** Environment variable of a restart: how the old process ended, for the user. */
export const ENDED_BECAUSE = 'PICTOGRAPH_ENDED_BECAUSE'
/** Milliseconds. */
const LONGEST_MS = 10_000
const LOOK_MS = 50

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** How the run before this one crashed; undefined: it did not. For this process only, not for those that it starts. */
export function takeEndedBecause(): string | undefined {
  const words = process.env[ENDED_BECAUSE]
  delete process.env[ENDED_BECAUSE]
  return words
}

/** Waits until the old process has ended, because it holds the library's lock and the port. */
export function waitForPrevious(): void {
  const pid = Number(process.env[AFTER_PID])
  delete process.env[AFTER_PID]
  if (!Number.isInteger(pid) || pid <= 0) return
  const sleeping = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  for (let waited = 0; waited < LONGEST_MS && isAlive(pid); waited += LOOK_MS)
    Atomics.wait(sleeping, 0, 0, LOOK_MS)
}
