import type { NetworkRoute } from '#core/network/routed-dispatcher.ts'
import { spareThreads, Threads } from '#core/threads/threads.ts'
import type { FetchedFile, FetchRequest } from './fetch-file.ts'

/** A storage file to fetch, as sent to a thread. */
export interface FetchOrder
  extends Pick<FetchRequest, 'target' | 'mark' | 'mayHavePart' | 'expectedBytes' | 'etag'> {
  /** A signed address. */
  address: string
  holds: 'image' | 'archive'
}

/** The order with the network route to its host. */
export interface RoutedOrder extends FetchOrder {
  route: NetworkRoute
}

/** Progress: bytes, or what a later try needs to resume. */
export type FetchNote = { bytes: number } | { etag: string | null }

/** One thread fills a 2 Gbit/s connection; more help with faster networks and slower disks. */
const THREADS = 3
/** Size of a thread's young heap: each file is a buffer that is garbage a moment later. */
const YOUNG_MB = 8

export type FetchThreads = Threads<RoutedOrder, FetchedFile, FetchNote>

/** Fetches storage files in threads, where waiting for the disk blocks nothing else. */
export const fetchThreads = (): FetchThreads =>
  new Threads('fetch-worker', import.meta.dirname, {
    threads: spareThreads(THREADS),
    youngMb: YOUNG_MB,
  })
