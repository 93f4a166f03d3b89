import type { Annotation } from '#shared/model/annotation.ts'
import type { Db } from './database.ts'

/** What we last wrote to, or read from, an image's label file. */
export interface LabelFileRecord {
  path: string
  contentHash: string
  /** The annotations as the file's own reader sees them. */
  base: Annotation[]
}

export class LabelFileRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  find(imageId: string): LabelFileRecord | null {
    const row = this.#db
      .prepare<[string], { path: string; content_hash: string; base: string }>(
        'SELECT path, content_hash, base FROM label_file WHERE image_id = ?',
      )
      .get(imageId)
    return (
      (row && {
        path: row.path,
        contentHash: row.content_hash,
        base: JSON.parse(row.base) as Annotation[],
      }) ??
      null
    )
  }

  set(imageId: string, { path, contentHash, base }: LabelFileRecord): void {
    this.#db
      .prepare(
        `INSERT INTO label_file (image_id, path, content_hash, base) VALUES (?, ?, ?, ?)
         ON CONFLICT (image_id) DO UPDATE SET path = excluded.path,
           content_hash = excluded.content_hash, base = excluded.base`,
      )
      .run(imageId, path, contentHash, JSON.stringify(base))
  }

  forgetDataset(datasetId: string): void {
    this.#db
      .prepare(
        'DELETE FROM label_file WHERE image_id IN (SELECT id FROM image WHERE dataset_id = ?)',
      )
      .run(datasetId)
  }
}
