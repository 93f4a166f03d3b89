import type { Annotation } from '#shared/model/annotation.ts'
import type { Db } from './database.ts'
import { storedList } from './stored-json.ts'

/** The state of an image's label file as the app last wrote or read it. */
export interface LabelFileRecord {
  /** Relative to the place, with forward slashes. */
  path: string
  contentHash: string
  /** The annotations as the format's reader parses them, with our ids. */
  base: Annotation[]
  /** The image revision that the file contains. */
  revision: number
}

interface Row {
  path: string
  content_hash: string
  base: string
  revision: number
}

/** Records of label files; `place` identifies the format and folder. */
export class LabelFileRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  find(imageId: string, place: string): LabelFileRecord | null {
    const row = this.#db
      .prepare<[string, string], Row>(
        'SELECT path, content_hash, base, revision FROM label_file WHERE image_id = ? AND place = ?',
      )
      .get(imageId, place)
    if (!row) return null
    const base = storedList<Annotation>(row.base)
    // Without the common ancestor, treat the file as new.
    if (!base) return null
    return { path: row.path, contentHash: row.content_hash, base, revision: row.revision }
  }

  set(imageId: string, place: string, record: LabelFileRecord): void {
    const { path, contentHash, base, revision } = record
    this.#db
      .prepare(
        `INSERT INTO label_file (image_id, place, path, content_hash, base, revision)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (image_id) DO UPDATE SET place = excluded.place, path = excluded.path,
           content_hash = excluded.content_hash, base = excluded.base, revision = excluded.revision`,
      )
      .run(imageId, place, path, contentHash, JSON.stringify(base), revision)
  }

  /** The path of each image of a dataset that has a record, by image id. */
  paths(datasetId: string, place: string): Map<string, string> {
    const rows = this.#db
      .prepare<[string, string], { image_id: string; path: string }>(
        `SELECT image_id, label_file.path AS path FROM label_file JOIN image ON image.id = image_id
         WHERE dataset_id = ? AND place = ?`,
      )
      .all(datasetId, place)
    return new Map(rows.map(({ image_id, path }) => [image_id, path]))
  }
}
