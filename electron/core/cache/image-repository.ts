import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'
import type { Db } from './database.ts'

export interface FileFacts {
  /** Below the dataset's root, forward slashes. */
  path: string
  fileSizeBytes: number
  modifiedAtMs: number
}

export interface ImageFacts {
  id: string
  width: number | null
  height: number | null
  problem: string | null
}

export type ImagePatch = Partial<Pick<DatasetImage, 'stage' | 'split' | 'tags'>>

interface Row {
  id: string
  dataset_id: string
  path: string
  file_size_bytes: number
  modified_at_ms: number
  width: number | null
  height: number | null
  problem: string | null
  missing: number
  stage: DatasetImage['stage']
  split: DatasetImage['split']
  tags: string
  annotation_count: number
}

const SELECT = `SELECT id, dataset_id, path, file_size_bytes, modified_at_ms, width, height, problem,
  missing, stage, split, tags, annotation_count FROM image`

function fromRow(row: Row): DatasetImage {
  return {
    id: row.id,
    path: row.path,
    fileSizeBytes: row.file_size_bytes,
    modifiedAtMs: row.modified_at_ms,
    width: row.width,
    height: row.height,
    problem: row.problem,
    missing: row.missing === 1,
    stage: row.stage,
    split: row.split,
    tags: JSON.parse(row.tags) as string[],
    annotationCount: row.annotation_count,
  }
}

export class ImageRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** In natural order of their paths; images that are gone and have no labels are left out. */
  list(datasetId: string, offset = 0, limit = -1): DatasetImage[] {
    return this.#db
      .prepare<[string, number, number], Row>(
        `${SELECT} WHERE dataset_id = ? AND (missing = 0 OR annotation_count > 0)
         ORDER BY sort_key LIMIT ? OFFSET ?`,
      )
      .all(datasetId, limit, offset)
      .map(fromRow)
  }

  find(id: string): (DatasetImage & { datasetId: string }) | null {
    const row = this.#db.prepare<[string], Row>(`${SELECT} WHERE id = ?`).get(id)
    return row ? { ...fromRow(row), datasetId: row.dataset_id } : null
  }

  /** Throws a UserError when there is none. */
  get(id: string): DatasetImage & { datasetId: string } {
    const image = this.find(id)
    if (!image) throw new UserError('image_gone', 'This image is no longer in the library.')
    return image
  }

  getMany(ids: readonly string[]): DatasetImage[] {
    const rows = this.#db
      .prepare<[string], Row>(`${SELECT} WHERE id IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(ids))
    return rows.map(fromRow)
  }

  findByPath(datasetId: string, path: string): DatasetImage | null {
    const row = this.#db
      .prepare<[string, string], Row>(`${SELECT} WHERE dataset_id = ? AND path = ?`)
      .get(datasetId, path)
    return row ? fromRow(row) : null
  }

  /**
   * Adds new files, brings back those that were missing, and forgets what was known of changed ones
   * (size and time differ). Answers the images that are new or different.
   */
  upsertFiles(datasetId: string, files: readonly FileFacts[]): DatasetImage[] {
    const upsert = this.#db.prepare<
      [string, string, string, string, number, number],
      { id: string }
    >(
      `INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (dataset_id, path) DO UPDATE SET
         file_size_bytes = excluded.file_size_bytes,
         modified_at_ms = excluded.modified_at_ms,
         width = NULL, height = NULL, problem = NULL, missing = 0
       WHERE missing = 1 OR file_size_bytes <> excluded.file_size_bytes
         OR modified_at_ms <> excluded.modified_at_ms
       RETURNING id`,
    )
    const ids = this.#db.transaction(() =>
      files.flatMap(({ path, fileSizeBytes, modifiedAtMs }) => {
        const row = upsert.get(
          newId(),
          datasetId,
          path,
          naturalKey(path),
          fileSizeBytes,
          modifiedAtMs,
        )
        return row ? [row.id] : []
      }),
    )()
    return this.getMany(ids)
  }

  /** Marks images whose files are gone; their labels stay. Answers what changed. */
  markMissing(ids: readonly string[]): DatasetImage[] {
    const rows = this.#db
      .prepare<[string], { id: string }>(
        `UPDATE image SET missing = 1 WHERE missing = 0 AND id IN (SELECT value FROM json_each(?)) RETURNING id`,
      )
      .all(JSON.stringify(ids))
    return this.getMany(rows.map(({ id }) => id))
  }

  /** What was read from the files. Answers the images as they are now. */
  setFacts(facts: readonly ImageFacts[]): DatasetImage[] {
    const update = this.#db.prepare(
      'UPDATE image SET width = ?, height = ?, problem = ? WHERE id = ?',
    )
    this.#db.transaction(() => {
      for (const { id, width, height, problem } of facts) update.run(width, height, problem, id)
    })()
    return this.getMany(facts.map(({ id }) => id))
  }

  /** Ids and paths of images whose files have not been read yet, in order. */
  unread(datasetId: string, limit: number): { id: string; path: string }[] {
    return this.#db
      .prepare<[string, number], { id: string; path: string }>(
        `SELECT id, path FROM image WHERE dataset_id = ? AND missing = 0 AND width IS NULL AND problem IS NULL
         ORDER BY sort_key LIMIT ?`,
      )
      .all(datasetId, limit)
  }

  count(datasetId: string): { found: number; unread: number } {
    const row = this.#db
      .prepare<[string], { found: number; unread: number }>(
        `SELECT count(*) AS found, count(*) FILTER (WHERE width IS NULL AND problem IS NULL) AS unread
         FROM image WHERE dataset_id = ? AND missing = 0`,
      )
      .get(datasetId)
    return row ?? { found: 0, unread: 0 }
  }

  patch(ids: readonly string[], { stage, split, tags }: ImagePatch): DatasetImage[] {
    this.#db
      .prepare(
        `UPDATE image SET stage = coalesce(?, stage), split = iif(?, ?, split), tags = coalesce(?, tags)
         WHERE id IN (SELECT value FROM json_each(?))`,
      )
      .run(
        stage ?? null,
        split === undefined ? 0 : 1,
        split ?? null,
        tags ? JSON.stringify(tags) : null,
        JSON.stringify(ids),
      )
    return this.getMany(ids)
  }

  /** What was being drawn and where the person was looking; JSON of the renderer's own. */
  state(id: string): { drafts: string | null; view: string | null } {
    const row = this.#db
      .prepare<[string], { drafts: string | null; view: string | null }>(
        'SELECT drafts, view FROM image_state WHERE image_id = ?',
      )
      .get(id)
    return row ?? { drafts: null, view: null }
  }

  setDrafts(id: string, drafts: string | null): void {
    this.#db
      .prepare(
        `INSERT INTO image_state (image_id, drafts) VALUES (?, ?)
         ON CONFLICT (image_id) DO UPDATE SET drafts = excluded.drafts`,
      )
      .run(id, drafts)
  }

  setView(id: string, view: string): void {
    this.#db
      .prepare(
        `INSERT INTO image_state (image_id, view) VALUES (?, ?)
         ON CONFLICT (image_id) DO UPDATE SET view = excluded.view`,
      )
      .run(id, view)
  }
}
