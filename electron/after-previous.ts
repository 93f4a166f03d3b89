/** In the environment of a start that takes over from one that hung: its process id. */
export const AFTER_PID = 'PICTOGRAPH_AFTER_PID'
/** The same: how often one has taken over in a row. */
export const RESTARTS_BEFORE = 'PICTOGRAPH_RESTARTS'
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

/** Waits until the process that this one takes over from is gone: until then it holds the library's lock and port. */
export function waitForPrevious(): void {
  const pid = Number(process.env[AFTER_PID])
  delete process.env[AFTER_PID]
  if (!Number.isInteger(pid) || pid <= 0) return
  const sleeping = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  for (let waited = 0; waited < LONGEST_MS && isAlive(pid); waited += LOOK_MS)
    Atomics.wait(sleeping, 0, 0, LOOK_MS)
}
