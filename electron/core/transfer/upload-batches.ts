import { BULK_UPLOAD_LIMIT } from '#core/api/client.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { runPool } from './concurrency.ts'
import type { JobContext } from './job.ts'
import type { UploadFacts } from './upload-labels.ts'

type Item = TransferItem<UploadFacts>

/** Files with the addresses to send them to. */
export interface Prepared {
  queue: { item: Item; address: string }[]
  /** The highest queue number among them. */
  last: number
  /** Seconds until the addresses may expire. */
  holdsS: number
}

/** How much a batch may have. */
export interface BatchSize {
  files: number
  /** One file may be larger. */
  bytes: number
}

/** Batches that are being sent, and what is left of them. */
interface Batch {
  seqs: Set<number>
  left: number
  beganMs: number
  holdsS: number
}

interface Deps {
  context: JobContext
  /** The next batch behind a queue number; null: none now. */
  prepare: (after: number, size: BatchSize) => Promise<Prepared | null>
  /** Sends a file. Resolves also if that failed for good. */
  put: (item: Item, address: string) => Promise<void>
  register: (sent: Item[]) => Promise<void>
  /** Everything to send is queued. */
  isScanned: () => boolean
  /** Waits until more is queued, or everything is. */
  more: () => Promise<void>
}

/** The first batch is small, because nothing is sent before all of its files are hashed; later ones grow. */
const FIRST: BatchSize = { files: 60, bytes: 16_000_000 }
const LEAST_FILES = 10
const GROWTH = 3

/** Pure: the first files that have at most so many bytes together, but at least one. */
export function upTo<T extends { sizeBytes: number }>(bytes: number, files: readonly T[]): T[] {
  let total = 0
  return files.filter(({ sizeBytes }, index) => {
    total += sizeBytes
    return index === 0 || total <= bytes
  })
}

/**
 * Sends batch after batch without a gap: while one is sent, the next one is hashed and gets its addresses, and the
 * one before is registered.
 */
export class UploadBatches {
  readonly #deps: Deps
  readonly #size = { ...FIRST }
  #queue: { item: Item; address: string; batch: Batch }[] = []
  #after = -1
  #next: { prepared: Promise<Prepared | null>; wasScanned: boolean } | null = null
  #isOver = false
  /** Never rejects. */
  #registering: Promise<void> = Promise.resolve()
  #problem: { error: unknown } | null = null

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Sends everything. Throws what stops the transfer. */
  async sendAll(): Promise<void> {
    // Again, because files whose bytes were missing when they were registered are queued a second time.
    while (await this.#sendRound()) this.#after = -1
  }

  /** Sends what waits; false if that was nothing. */
  async #sendRound(): Promise<boolean> {
    const { context, put } = this.#deps
    const { concurrency, signal, onActive } = context
    this.#isOver = false
    try {
      await runPool(
        () => this.#take(),
        async ({ item, address, batch }) => {
          await put(item, address)
          if (--batch.left === 0 && !signal.aborted) this.#onSent(batch)
        },
        concurrency,
        signal,
        onActive,
      )
    } finally {
      await this.#registering
    }
    signal.throwIfAborted()
    this.#throwProblem()
    return this.#after >= 0
  }

  #throwProblem(): void {
    if (this.#problem) throw this.#problem.error
  }

  #take() {
    this.#throwProblem()
    const next = this.#queue.shift()
    if (next) return next
    return this.#isOver ? null : this.#refill()
  }

  /** Queues the next batch, or finds that there is none. */
  async #refill(): Promise<void> {
    const { context, isScanned, more } = this.#deps
    for (;;) {
      context.signal.throwIfAborted()
      const { prepared, wasScanned } = this.#next ?? this.#prepare()
      this.#next = null
      const found = await prepared
      if (found === null) {
        if (wasScanned) {
          this.#isOver = true
          return
        }
        if (!isScanned()) await more()
        continue
      }
      this.#after = found.last
      this.#size.bytes *= GROWTH
      this.#next = this.#prepare()
      if (found.queue.length === 0) continue
      const batch: Batch = {
        seqs: new Set(found.queue.map(({ item }) => item.seq)),
        left: found.queue.length,
        beganMs: performance.now(),
        holdsS: found.holdsS,
      }
      this.#queue = found.queue.map((entry) => ({ ...entry, batch }))
      context.setDoing('Uploading images')
      return
    }
  }

  #prepare() {
    const wasScanned = this.#deps.isScanned()
    const prepared = this.#deps.prepare(this.#after, { ...this.#size })
    // Its error is thrown when the batch is needed.
    prepared.catch(() => {})
    return { prepared, wasScanned }
  }

  /** All files of a batch are sent, or have failed: registers it after the one before. */
  #onSent({ seqs, beganMs, holdsS }: Batch): void {
    const { context, register } = this.#deps
    const { transfers, transfer } = context
    context.flush()
    const seconds = (performance.now() - beganMs) / 1000
    // As many as can be sent before the addresses expire, and at most as many as one call takes.
    this.#size.files = Math.max(
      LEAST_FILES,
      Math.min(
        BULK_UPLOAD_LIMIT,
        Math.floor((seqs.size / seconds) * holdsS),
        this.#size.files * GROWTH,
      ),
    )
    const sent = transfers
      .items<UploadFacts>(transfer.id, 'put')
      .filter(({ seq, batchKey }) => seqs.has(seq) && batchKey === null)
    this.#registering = this.#registering.then(async () => {
      try {
        if (!this.#problem) await register(sent)
      } catch (error) {
        this.#problem = { error }
      }
    })
  }
}
