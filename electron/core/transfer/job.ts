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

/** What a download or upload has to work with; it knows nothing of windows, accounts or hosts. */
export interface JobContext {
  transfer: StoredTransfer
  transfers: TransferRepository
  concurrency: Concurrency
  clock: Clock
  log: Log
  /** Ends the job: paused, cancelled, or the app ends. */
  signal: AbortSignal
  /** Does something with the service, and waits for as long as it cannot be reached. */
  run: <T>(work: (client: Client) => Promise<T>) => Promise<T>
  /** The same for other hosts than the service's; does not wait. */
  aside: <T>(work: (client: Client) => Promise<T>) => Promise<T>
  /** A file from storage to its place, in a thread. */
  fetch: (order: FetchOrder, onNote: (note: FetchNote) => void) => Promise<FetchedFile>
  /** Begins what `fetch` needs, which takes a moment. */
  warmFetch: () => void
  untilItWorks: <T>(work: () => Promise<T>) => Promise<T>
  /** Waits after something general. */
  pauseFor: (error: unknown) => Promise<void>
  /** Requests that the account may still make in this hour; null: unknown. */
  requestsLeft: () => number | null
  /** Where labels beside the images are left, to be saved like any edit. */
  labels: LabelSink
  probe: (file: string) => Promise<Facts>
  /** Begins the process that reads label files; it ends with the job. */
  labelReader: () => LabelProcess
  /** What a file has come to; written together with others, soon. */
  settle: (change: Settled) => void
  /** A downloaded file as it was left; written with the same. */
  keep: (file: Parameters<TransferRepository['keepDownloaded']>[0][number]) => void
  flush: () => void
  setDoing: (words: string) => void
  onBytes: (count: number) => void
  onActive: (count: number) => void
}
