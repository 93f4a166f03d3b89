import { setImmediate } from 'node:timers/promises'

/** How long a piece of work may block the thread and the database, in milliseconds; edits run in between. */
const PIECE_MS = 15
const FIRST_SIZE = 64
const LARGEST_SIZE = 4_096

/**
 * Does work in pieces of about 15 ms, so that everything else can run in between. `step` does up to `size` units in
 * one transaction and returns whether there is more. Rethrows what it throws. `pause`: what is awaited between two
 * pieces; for work that writes, `Checkpoints.pause`.
 */
export async function inPieces(
  step: (size: number) => boolean,
  signal?: AbortSignal,
  pause: () => Promise<unknown> = () => setImmediate(),
): Promise<void> {
  for (let size = FIRST_SIZE; !signal?.aborted; ) {
    const start = performance.now()
    if (!step(size)) return
    const factor = PIECE_MS / Math.max(1, performance.now() - start)
    size = Math.round(size * Math.min(2, Math.max(0.25, factor)))
    size = Math.min(LARGEST_SIZE, Math.max(1, size))
    await pause()
  }
}
