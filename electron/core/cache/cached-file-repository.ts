import type { Db } from './database.ts'

/** Images and bytes. */
export interface KeptProgress {
  done: number
  total: number
  bytes: number
  totalBytes: number
}

const NOTHING_KEPT: KeptProgress = { done: 0, total: 0, bytes: 0, totalBytes: 0 }
const PROGRESS = `count(*) FILTER (WHERE cached_bytes IS NOT NULL AND base IS NOT NULL) AS done,
  count(*) AS total, coalesce(sum(cached_bytes), 0) AS bytes,
  coalesce(sum(coalesce(cached_bytes, file_size_bytes)), 0) AS totalBytes`

/** Cached image files of the service: which are kept offline, in use, or evictable. */
export class CachedFileRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** null: the file is no longer here. */
  setCached(imageId: string, bytes: number | null): void {
    this.#db
      .prepare('UPDATE remote_image SET cached_bytes = ?, used_at_ms = ? WHERE image_id = ?')
      .run(bytes, Date.now(), imageId)
  }

  /** The files of these images are no longer here. */
  forgetCached(imageIds: readonly string[]): void {
    this.#db
      .prepare(
        'UPDATE remote_image SET cached_bytes = NULL WHERE image_id IN (SELECT value FROM json_each(?))',
      )
      .run(JSON.stringify(imageIds))
  }

  touch(imageId: string): void {
    this.#db
      .prepare('UPDATE remote_image SET used_at_ms = ? WHERE image_id = ?')
      .run(Date.now(), imageId)
  }

  /** Marks images as kept offline or not; null: the whole dataset. */
  setKept(datasetId: string, imageIds: readonly string[] | null, isKept: boolean): void {
    this.#db
      .prepare(
        `UPDATE remote_image SET is_kept = ? WHERE dataset_id = ?
         AND (? IS NULL OR image_id IN (SELECT value FROM json_each(?)))`,
      )
      .run(isKept ? 1 : 0, datasetId, imageIds && '1', imageIds && JSON.stringify(imageIds))
  }

  isPaused(datasetId: string): boolean {
    const row = this.#db
      .prepare<[string], { is_paused: number }>(
        'SELECT is_paused FROM remote_dataset WHERE dataset_id = ?',
      )
      .get(datasetId)
    return row?.is_paused === 1
  }

  setPaused(datasetId: string, isPaused: boolean): void {
    this.#db
      .prepare('UPDATE remote_dataset SET is_paused = ? WHERE dataset_id = ?')
      .run(isPaused ? 1 : 0, datasetId)
  }

  /** Images that are kept offline but not completely here, in order. `after`: the place of the last known one. */
  wanted(
    datasetId: string,
    limit: number,
    after: string = '',
  ): { imageId: string; place: string; needsFile: boolean }[] {
    return this.#db
      .prepare<[string, string, number], { imageId: string; place: string; needsFile: number }>(
        `SELECT image_id AS imageId, sort_key AS place, cached_bytes IS NULL AS needsFile FROM image
         JOIN remote_image ON image_id = image.id
         WHERE image.dataset_id = ? AND sort_key >= ? AND is_kept AND missing = 0
           AND image.problem IS NULL
           AND (cached_bytes IS NULL OR base IS NULL OR base_count <> server_count)
         ORDER BY sort_key LIMIT ?`,
      )
      .all(datasetId, after, limit)
      .map((row) => ({ ...row, needsFile: row.needsFile === 1 }))
  }

  /** How much of the kept images is here, in images and bytes. Examines each image of the dataset. */
  keptProgress(datasetId: string): KeptProgress {
    return (
      this.#db
        .prepare<[string], KeptProgress>(
          `SELECT ${PROGRESS} FROM remote_image JOIN image ON image.id = image_id
           WHERE remote_image.dataset_id = ? AND is_kept AND missing = 0`,
        )
        .get(datasetId) ?? NOTHING_KEPT
    )
  }

  /** The share of one image in it. */
  keptProgressOf(imageId: string): KeptProgress {
    return (
      this.#db
        .prepare<[string], KeptProgress>(
          `SELECT ${PROGRESS} FROM remote_image JOIN image ON image.id = image_id
           WHERE image_id = ? AND is_kept AND missing = 0`,
        )
        .get(imageId) ?? NOTHING_KEPT
    )
  }

  cacheBytes(): number {
    return (
      this.#db
        .prepare<[], { bytes: number }>(
          'SELECT coalesce(sum(cached_bytes), 0) AS bytes FROM remote_image WHERE cached_bytes IS NOT NULL',
        )
        .get()?.bytes ?? 0
    )
  }

  /** Evictable files, least recently used first: not kept offline, and without unpushed changes. */
  evictable(limit: number): { imageId: string; bytes: number }[] {
    return this.#db
      .prepare<[number], { imageId: string; bytes: number }>(
        `SELECT image_id AS imageId, cached_bytes AS bytes FROM remote_image
         WHERE cached_bytes IS NOT NULL AND NOT is_kept
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.image_id = remote_image.image_id)
         ORDER BY used_at_ms LIMIT ?`,
      )
      .all(limit)
  }

  /** Cached files of a dataset that are no longer kept offline. */
  cachedUnkept(datasetId: string): string[] {
    return this.#db
      .prepare<[string], { image_id: string }>(
        'SELECT image_id FROM remote_image WHERE dataset_id = ? AND cached_bytes IS NOT NULL AND NOT is_kept',
      )
      .all(datasetId)
      .map(({ image_id }) => image_id)
  }
}
