import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StorageUse, StoredKind } from '#shared/contract/storage.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { type AgedFiles, ROOM } from './aged-files.ts'
import type { Embeddings } from './assist/embeddings.ts'
import { DATABASE_FILE } from './cache/database.ts'
import type { EditLogPruning } from './cache/edit-log-pruning.ts'
import { BACKUP_FILE } from './cache/restore.ts'
import { tableSizes } from './cache/table-sizes.ts'
import { inPieces } from './pieces.ts'
import type { Log } from './ports.ts'
import type { Works } from './works.ts'

/** The first look is when the app has begun. Milliseconds. */
const FIRST_MS = 5 * 60_000
const EVERY_MS = 6 * 3_600_000

export interface StorageLimits {
  thumbnailsBytes: number
  editLogBytes: number
  /** Number of finished transfers. */
  transfers: number
}

interface Deps {
  dataDir: string
  log: Log
  limits: () => StorageLimits
  thumbnails: AgedFiles
  embeddings: Pick<Embeddings, 'bytes' | 'trim' | 'clear'>
  editLog: Pick<EditLogPruning, 'step'>
  images: { bytes(): number; clear(): Promise<void> }
  transfers: {
    /** Ids of those that are done or cancelled, latest first. */
    finished(): readonly string[]
    remove(id: string): Promise<void>
  }
  works: Pick<Works, 'begin'>
  /** Awaited between two transactions of bulk work. */
  pause: () => Promise<void>
}

const sizeOf = async (file: string) => (await stat(file).catch(() => null))?.size ?? 0

/** Keeps everything that could grow for ever within its limit, tells how large it is, and clears it on request. */
export class StorageCare implements AsyncDisposable {
  readonly #deps: Deps
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout
  #work: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
    this.#timer = this.#later(FIRST_MS)
  }

  async use(): Promise<StorageUse> {
    const { dataDir, images, thumbnails, embeddings, log } = this.#deps
    const [tables, library, backup, pictures, prepared] = await Promise.all([
      tableSizes(dataDir),
      Promise.all(['', '-wal'].map((end) => sizeOf(join(dataDir, `${DATABASE_FILE}${end}`)))),
      sizeOf(join(dataDir, BACKUP_FILE)),
      thumbnails.bytes(),
      embeddings.bytes(),
    ])
    return {
      libraryBytes: library.reduce((sum, size) => sum + size, 0),
      backupBytes: backup,
      kinds: [
        { kind: 'images', bytes: images.bytes() },
        { kind: 'thumbnails', bytes: pictures },
        { kind: 'embeddings', bytes: prepared },
        { kind: 'edit-log', bytes: tables.editLog },
        { kind: 'transfers', bytes: tables.finishedTransfers },
        { kind: 'logs', bytes: log.bytes?.() ?? 0 },
      ],
    }
  }

  /** Deletes all of a kind that may be deleted. */
  async clear(kind: StoredKind): Promise<void> {
    const { images, thumbnails, embeddings, log } = this.#deps
    const clearing: Record<StoredKind, () => void | Promise<void>> = {
      images: () => images.clear(),
      thumbnails: () => thumbnails.clear(),
      embeddings: () => embeddings.clear(),
      'edit-log': () => this.#pruneLog(Number.POSITIVE_INFINITY),
      transfers: () => this.#keepTransfers(0),
      logs: () => log.clear?.(),
    }
    await clearing[kind]()
  }

  /** Prunes what is above its limit. Ends early when the app quits. */
  async prune(): Promise<void> {
    const { dataDir, limits, thumbnails, embeddings } = this.#deps
    const { thumbnailsBytes, editLogBytes, transfers } = limits()
    const { signal } = this.#stop
    await thumbnails.trim(thumbnailsBytes, null, signal)
    if (signal.aborted) return
    await embeddings.trim(null, signal)
    if (signal.aborted) return
    await this.#keepTransfers(transfers)
    if (signal.aborted) return
    const { editLog } = await tableSizes(dataDir)
    if (editLog > editLogBytes) await this.#pruneLog(editLog - editLogBytes * ROOM)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.#work
  }

  #later(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#work = this.prune()
        .catch((error: unknown) =>
          this.#deps.log.warn('storage not pruned', { error: messageOf(error) }),
        )
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#timer = this.#later(EVERY_MS)
        })
    }, ms)
    timer.unref()
    return timer
  }

  async #keepTransfers(count: number): Promise<void> {
    const { transfers } = this.#deps
    for (const id of transfers.finished().slice(count)) {
      if (this.#stop.signal.aborted) return
      await transfers.remove(id)
    }
  }

  async #pruneLog(wantedBytes: number): Promise<void> {
    const { works, editLog, pause } = this.#deps
    let isCancelled = false
    using work = works.begin({
      datasetId: null,
      label: 'Prune the edit log',
      cancel: () => {
        isCancelled = true
      },
    })
    let freed = 0
    await inPieces(
      (rows) => {
        const { bytes, isOver } = editLog.step(rows)
        freed += bytes
        work.tell(Number.isFinite(wantedBytes) ? Math.min(1, freed / wantedBytes) : null)
        return !isOver && !isCancelled && freed < wantedBytes
      },
      this.#stop.signal,
      pause,
    )
  }
}
