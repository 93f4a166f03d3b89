import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('globalThis.gc') as ((how: { type: 'minor' }) => void) | undefined

/** Bytes between two collections, so that each is worth its millisecond. */
const EVERY_BYTES = 8_000_000
let passedBytes = 0

/**
 * Reports bytes in short-lived buffers. A socket delivers 64 kB at a time, and V8 lets a hundred megabytes of buffers
 * accumulate, because the objects that own them are small. Collecting in time reuses the same memory, which is also
 * faster.
 */
export function onPassed(bytes: number): void {
  passedBytes += bytes
  if (passedBytes < EVERY_BYTES) return
  passedBytes = 0
  gc?.({ type: 'minor' })
}

/** From this many files on, their records fill tens of megabytes, and V8 would let twice as much accumulate. */
export const MANY_FILES = 10_000

/**
 * Keeps the heap close to what is in use, in all threads, until `releaseHeap`. It costs a third more processor time.
 * For transfers of many files, which would otherwise take memory from everything else.
 */
export function holdHeap(): void {
  setFlagsFromString('--heap-growing-percent=20')
}

/** Lets V8 grow the heap again. */
export function releaseHeap(): void {
  setFlagsFromString('--heap-growing-percent=0')
}
