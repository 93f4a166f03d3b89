import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('globalThis.gc') as ((how: { type: 'minor' }) => void) | undefined

/** Bytes that may pass before it is worth a millisecond. */
const EVERY_BYTES = 8_000_000
let passedBytes = 0

/**
 * To be told of what passes through buffers that nobody needs a moment later: a socket gives 64 kB at a time, and
 * V8 lets a hundred megabytes of them gather before it looks, because the objects in front of them are small.
 * Collected in time, the same memory serves again, which is faster as well.
 */
export function onPassed(bytes: number): void {
  passedBytes += bytes
  if (passedBytes < EVERY_BYTES) return
  passedBytes = 0
  gc?.({ type: 'minor' })
}

/** From so many files on what is known of them fills tens of megabytes, and V8 would let twice as much gather. */
export const MANY_FILES = 10_000

/**
 * Holds the whole heap close to what is in use, until `releaseHeap` and in all threads, for a third more processor
 * time: for transfers of many files, which would otherwise take memory from everything else for as long as they run.
 */
export function holdHeap(): void {
  setFlagsFromString('--heap-growing-percent=20')
}

/** The heap grows again as V8 sees fit. */
export function releaseHeap(): void {
  setFlagsFromString('--heap-growing-percent=0')
}
