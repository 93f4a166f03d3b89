import { spareThreads, Threads } from '#core/threads/threads.ts'

/** What a file holds, by hash, and its size in pixels; null where no decoder here reads it. */
export interface ContentFacts {
  sha256: string
  width: number | null
  height: number | null
}

/** Of a thread's heap: each file is a buffer that nobody needs a moment later. */
const YOUNG_MB = 4

/** Hashes files and reads their sizes in threads, so that the window stays smooth. An order is a file's path. */
export const fileFactsThreads = (): Threads<string, ContentFacts> =>
  new Threads('file-facts-worker', import.meta.dirname, {
    threads: spareThreads(4),
    youngMb: YOUNG_MB,
  })
