import type { Client } from '#core/api/client.ts'
import type { Clock } from '#core/api/retry.ts'
import type {
  ItemState,
  StoredTransfer,
  TransferRepository,
} from '#core/cache/transfer-repository.ts'
import type { LabelProcess } from '#core/labels/label-process.ts'
import type { Facts } from '#core/media/probe.ts'
import type { Log } from '#core/ports.ts'
import type { Concurrency } from './concurrency.ts'
import type { FetchedFile } from './fetch-file.ts'
import type { FetchNote, FetchOrder } from './fetch-threads.ts'
import type { LabelSink } from './label-sink.ts'

export interface Settled {
  seq: number
  state: ItemState
  problem?: string | null
  sizeBytes?: number
}

/** Everything that a download or upload job uses; it knows nothing of windows, accounts or hosts. */
export interface JobContext {
  transfer: StoredTransfer
  transfers: TransferRepository
  concurrency: Concurrency
  clock: Clock
  log: Log
  /** Aborts the job: it was paused or cancelled, or the app is closing. */
  signal: AbortSignal
  /** Calls the service, and waits while the service is unreachable. */
  run: <T>(work: (client: Client) => Promise<T>) => Promise<T>
  /** The same for hosts other than the service; does not wait. */
  aside: <T>(work: (client: Client) => Promise<T>) => Promise<T>
  /** Fetches a file from storage in a thread. */
  fetch: (order: FetchOrder, onNote: (note: FetchNote) => void) => Promise<FetchedFile>
  /** Starts the threads of `fetch` early, because that takes a moment. */
  warmFetch: () => void
  untilItWorks: <T>(work: () => Promise<T>) => Promise<T>
  /** Waits after a general failure. */
  pauseFor: (error: unknown) => Promise<void>
  /** Requests left in this hour; null: unknown. */
  requestsLeft: () => number | null
  /** Receives the labels of uploaded images, which are then saved like any edit. */
  labels: LabelSink
  probe: (file: string) => Promise<Facts>
  /** Begins the process that reads label files; it ends with the job. */
  labelReader: () => LabelProcess
  /** Sets the result of a file; stored in batches, debounced. */
  settle: (change: Settled) => void
  /** Records a downloaded file as it was left; stored in the same batches. */
  keep: (file: Parameters<TransferRepository['keepDownloaded']>[0][number]) => void
  flush: () => void
  setDoing: (words: string) => void
  onBytes: (count: number) => void
  onActive: (count: number) => void
}
