import { spareThreads, Threads } from '#core/threads/threads.ts'

/** The file's hash, and its size in pixels; null if no decoder here can read it. */
export interface ContentFacts {
  sha256: string
  width: number | null
  height: number | null
}

/** Size of a thread's young heap: each file is a buffer that is garbage a moment later. */
const YOUNG_MB = 4

/** Hashes files and reads their sizes in threads, so that the window stays smooth. The order is a file path. */
export const fileFactsThreads = (): Threads<string, ContentFacts> =>
  new Threads('file-facts-worker', import.meta.dirname, {
    threads: spareThreads(4),
    youngMb: YOUNG_MB,
  })
