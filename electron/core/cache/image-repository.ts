import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'
import type { Db } from './database.ts'
import { Outbox } from './outbox.ts'
import { storedTexts } from './stored-json.ts'

export interface FileFacts {
  /** Relative to the dataset's root, with forward slashes. */
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

const PATCHED = ['stage', 'split', 'tags'] as const
type PatchedField = (typeof PATCHED)[number]
const isPatched = (field: string): field is PatchedField =>
  (PATCHED as readonly string[]).includes(field)

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
  remote_id: string | null
  cached_bytes: number | null
  is_kept: number
  is_read: number
  sync: 'waiting' | 'failed' | 'conflict' | null
}

// The worst state of an image's outbox rows: conflict, failed, waiting. Alphabetical order gives the same result.
const SELECT = `SELECT image.id, image.dataset_id, path, file_size_bytes, modified_at_ms, width, height,
  problem, missing, image.stage, image.split, image.tags, annotation_count,
  remote_image.remote_id, cached_bytes, is_kept, remote_image.base IS NOT NULL AS is_read,
  iif(remote_image.remote_id IS NULL, NULL,
    (SELECT min(state) FROM outbox WHERE outbox.image_id = image.id AND kind <> 'comment')) AS sync
  FROM image LEFT JOIN remote_image ON remote_image.image_id = image.id`

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
    tags: storedTexts(row.tags),
    annotationCount: row.annotation_count,
    remote:
      row.remote_id === null
        ? null
        : {
            isCached: row.cached_bytes !== null,
            isKept: row.is_kept === 1,
            isRead: row.is_read === 1,
            sync: row.sync ?? 'synced',
          },
  }
}

export class ImageRepository {
  readonly #db: Db
  readonly #outbox: Outbox

  constructor(db: Db) {
    this.#db = db
    this.#outbox = new Outbox(db)
  }

  /** All images in natural path order, except missing ones without labels. */
  list(datasetId: string): DatasetImage[] {
    return this.page(datasetId, null, -1)
  }

  /** At most `limit` images (-1: all) after a path; null: from the beginning. */
  page(datasetId: string, after: string | null, limit: number): DatasetImage[] {
    return this.#db
      .prepare<[string, string, number], Row>(
        `${SELECT} WHERE image.dataset_id = ? AND sort_key > ? AND (missing = 0 OR annotation_count > 0)
         ORDER BY sort_key LIMIT ?`,
      )
      .all(datasetId, after === null ? '' : naturalKey(after), limit)
      .map(fromRow)
  }

  /** Ids and paths of images, listed or not, that come after a path ('': from the beginning), at most `limit`. */
  paths(
    datasetId: string,
    after: string,
    limit: number,
  ): { id: string; path: string; missing: boolean }[] {
    return this.#db
      .prepare<[string, string, number], { id: string; path: string; missing: number }>(
        `SELECT id, path, missing FROM image WHERE dataset_id = ? AND sort_key > ?
         ORDER BY sort_key LIMIT ?`,
      )
      .all(datasetId, after === '' ? '' : naturalKey(after), limit)
      .map(({ missing, ...row }) => ({ ...row, missing: missing === 1 }))
  }

  /** Which of the next `limit` images after a path have annotations of a class; `next`: the last path looked at, null at the end. */
  withClass(
    datasetId: string,
    className: string,
    after: string | null,
    limit: number,
  ): { ids: string[]; next: string | null } {
    const rows = this.#db
      .prepare<[string, string, string, number], { id: string; path: string; has: number }>(
        `SELECT id, path, EXISTS (
           SELECT 1 FROM annotation WHERE image_id = image.id AND class_name = ?) AS has
         FROM image WHERE dataset_id = ? AND sort_key > ? ORDER BY sort_key LIMIT ?`,
      )
      .all(className, datasetId, after === null ? '' : naturalKey(after), limit)
    return {
      ids: rows.filter(({ has }) => has === 1).map(({ id }) => id),
      next: rows.length < limit ? null : (rows.at(-1)?.path ?? null),
    }
  }

  find(id: string): (DatasetImage & { datasetId: string }) | null {
    const row = this.#db.prepare<[string], Row>(`${SELECT} WHERE image.id = ?`).get(id)
    return row ? { ...fromRow(row), datasetId: row.dataset_id } : null
  }

  /** Throws a UserError if it does not exist. */
  get(id: string): DatasetImage & { datasetId: string } {
    const image = this.find(id)
    if (!image) throw new UserError('image_gone', 'This image is no longer in the library.')
    return image
  }

  getMany(ids: readonly string[]): DatasetImage[] {
    const rows = this.#db
      .prepare<[string], Row>(`${SELECT} WHERE image.id IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(ids))
    return rows.map(fromRow)
  }

  /** Ids of the following images, in order. */
  after(id: string, limit: number): string[] {
    return this.#db
      .prepare<[string, number], { id: string }>(
        `SELECT next.id FROM image JOIN image AS next
           ON next.dataset_id = image.dataset_id AND next.sort_key > image.sort_key
         WHERE image.id = ? AND next.missing = 0 ORDER BY next.sort_key LIMIT ?`,
      )
      .all(id, limit)
      .map((row) => row.id)
  }

  findByPath(datasetId: string, path: string): DatasetImage | null {
    const row = this.#db
      .prepare<[string, string], Row>(`${SELECT} WHERE image.dataset_id = ? AND path = ?`)
      .get(datasetId, path)
    return row ? fromRow(row) : null
  }

  /** Ids of the images at these paths whose files were there when they were last looked for, by path. */
  presentAt(datasetId: string, paths: readonly string[]): Map<string, string> {
    const rows = this.#db
      .prepare<[string, string], { id: string; path: string }>(
        `SELECT id, path FROM image
         WHERE dataset_id = ? AND path IN (SELECT value FROM json_each(?)) AND missing = 0`,
      )
      .all(datasetId, JSON.stringify(paths))
    return new Map(rows.map(({ id, path }) => [path, id]))
  }

  /** Which of these paths are of images on which somebody has worked: drawn, commented, or set a stage, split or tag. */
  workedOn(datasetId: string, paths: readonly string[]): Set<string> {
    const rows = this.#db
      .prepare<[string, string], { path: string }>(
        `SELECT path FROM image
         WHERE dataset_id = ? AND path IN (SELECT value FROM json_each(?))
           AND (annotation_count > 0 OR stage <> 'new' OR split IS NOT NULL OR tags <> '[]'
             OR EXISTS (SELECT 1 FROM comment WHERE image_id = image.id)
             OR EXISTS (SELECT 1 FROM image_state WHERE image_id = image.id AND drafts IS NOT NULL))`,
      )
      .all(datasetId, JSON.stringify(paths))
    return new Set(rows.map(({ path }) => path))
  }

  /**
   * Adds new files, restores missing ones, and resets the facts of changed ones (other size or time). Returns the new
   * or changed images.
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

  /** Marks images whose files are gone; their labels stay. Returns the changed images. */
  markMissing(ids: readonly string[]): DatasetImage[] {
    const rows = this.#db
      .prepare<[string], { id: string }>(
        `UPDATE image SET missing = 1 WHERE missing = 0 AND id IN (SELECT value FROM json_each(?)) RETURNING id`,
      )
      .all(JSON.stringify(ids))
    return this.getMany(rows.map(({ id }) => id))
  }

  /** Stores what was read from the files. Returns the updated images. */
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
        `SELECT id, path FROM image INDEXED BY image_unread WHERE dataset_id = ? AND missing = 0 AND width IS NULL AND problem IS NULL
         ORDER BY sort_key LIMIT ?`,
      )
      .all(datasetId, limit)
  }

  countStage(datasetId: string, stage: DatasetImage['stage']): number {
    const row = this.#db
      .prepare<[string, string], { n: number }>(
        'SELECT count(*) AS n FROM image WHERE dataset_id = ? AND missing = 0 AND stage = ?',
      )
      .get(datasetId, stage)
    return row?.n ?? 0
  }

  count(datasetId: string): { found: number; unread: number } {
    const row = this.#db
      .prepare<[string, string], { found: number; unread: number }>(
        `SELECT (SELECT count(*) FROM image WHERE dataset_id = ? AND missing = 0) AS found,
           (SELECT count(*) FROM image INDEXED BY image_unread
            WHERE dataset_id = ? AND missing = 0 AND width IS NULL AND problem IS NULL) AS unread`,
      )
      .get(datasetId, datasetId)
    return row ?? { found: 0, unread: 0 }
  }

  /** A local change, queued for push if the dataset is remote. */
  patch(ids: readonly string[], patch: ImagePatch): void {
    const tags = patch.tags && JSON.stringify(patch.tags)
    this.#db.transaction(() => {
      for (const [field, value] of Object.entries({ ...patch, tags }))
        if (value !== undefined && isPatched(field)) this.#write(ids, field, value)
    })()
  }

  /** Sets a field of images with a few statements, however many images there are. `value`: of tags, their JSON. */
  #write(ids: readonly string[], field: PatchedField, value: string | null): void {
    const changed = this.#db
      .prepare<[string | null, string, string | null], { id: string }>(
        `UPDATE image SET ${field} = ? WHERE id IN (SELECT value FROM json_each(?))
         AND ${field} IS NOT ? RETURNING id`,
      )
      .all(value, JSON.stringify(ids), value)
    this.#outbox.queueImages(
      changed.map(({ id }) => id),
      field,
    )
  }

  /** Stores the service's value unless there is an unpushed local change. */
  takeField(id: string, field: PatchedField, value: string | null): void {
    this.#db.prepare(`UPDATE image SET ${field} = ? WHERE id = ?`).run(value, id)
  }

  /** Adds tags to images, or removes them; other tags stay. */
  patchTags(ids: readonly string[], add: readonly string[], remove: readonly string[]): void {
    this.#db.transaction(() => {
      const rows = this.#db
        .prepare<[string], { id: string; tags: string }>(
          'SELECT id, tags FROM image WHERE id IN (SELECT value FROM json_each(?))',
        )
        .all(JSON.stringify(ids))
      // Most images have the same tags, so write those together.
      for (const [stored, same] of Map.groupBy(rows, ({ tags }) => tags)) {
        const kept = storedTexts(stored).filter(
          (tag) => !remove.includes(tag) && !add.includes(tag),
        )
        this.#write(
          same.map(({ id }) => id),
          'tags',
          JSON.stringify([...kept, ...add]),
        )
      }
    })()
  }

  /** Unfinished drawings and the last view; JSON defined by the renderer. */
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
