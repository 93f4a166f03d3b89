import type { NetworkRoute } from '#core/network/routed-dispatcher.ts'
import { spareThreads, Threads } from '#core/threads/threads.ts'
import type { FetchedFile, FetchRequest } from './fetch-file.ts'

/** A file of storage to fetch, as a thread is told. */
export interface FetchOrder
  extends Pick<FetchRequest, 'target' | 'mayHavePart' | 'expectedBytes' | 'etag'> {
  /** Signed. */
  address: string
  holds: 'image' | 'archive'
}

/** The same with the way to its host. */
export interface RoutedOrder extends FetchOrder {
  route: NetworkRoute
}

/** What is told while it comes: bytes, or what a later try needs to go on. */
export type FetchNote = { bytes: number } | { etag: string | null }

/** One fills a line of two gigabits a second; more are for faster lines and slower disks. */
const THREADS = 3
/** Of a thread's heap: each file is a buffer that nobody needs a moment later. */
const YOUNG_MB = 8

export type FetchThreads = Threads<RoutedOrder, FetchedFile, FetchNote>

/** Fetches files from storage in threads, which may wait for the disk while nothing else does. */
export const fetchThreads = (): FetchThreads =>
  new Threads('fetch-worker', import.meta.dirname, {
    threads: spareThreads(THREADS),
    youngMb: YOUNG_MB,
  })
