import { setImmediate } from 'node:timers/promises'

/** How long a piece of work is to hold the thread and the database, milliseconds: an edit passes between two. */
const PIECE_MS = 15
const FIRST_SIZE = 64
const LARGEST_SIZE = 4_096

/**
 * Does work in pieces of about 15 ms, and lets everything else go on in between. `step` does up to `size` units in
 * one transaction and answers whether there is more. What it throws ends the work, and is thrown.
 */
export async function inPieces(
  step: (size: number) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  for (let size = FIRST_SIZE; !signal?.aborted; ) {
    const start = performance.now()
    if (!step(size)) return
    const factor = PIECE_MS / Math.max(1, performance.now() - start)
    size = Math.round(size * Math.min(2, Math.max(0.25, factor)))
    size = Math.min(LARGEST_SIZE, Math.max(1, size))
    await setImmediate()
  }
}
