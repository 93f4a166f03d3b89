import { type Db, inRepeatableTransaction } from './database.ts'
import { REMOVED } from './dataset-repository.ts'

/** Tables with a dataset id. Rows are deleted latest first, so that a bulk edit has no parts left. */
const BY_DATASET = ['edit_log', 'push_log', 'outbox'] as const

/** Maximum number of rows of an image besides its annotations. */
const ROWS_OF_IMAGE = 8

/** Deletes the remaining rows of removed datasets, in pieces. */
export class RemovedDatasets {
  readonly #db: Db
  /** The last image of the dataset whose rows are deleted. */
  #after = ''

  constructor(db: Db) {
    this.#db = db
  }

  /** Deletes up to about `rows` rows in one transaction. Returns false if nothing was left. */
  step(rows: number): boolean {
    return inRepeatableTransaction(this.#db, () => {
      const dataset = this.#db
        .prepare<[string], { id: string }>('SELECT id FROM dataset WHERE kind = ? LIMIT 1')
        .get(REMOVED)
      if (!dataset) return false
      if (!this.#deleteSome(dataset.id, rows))
        this.#db.prepare('DELETE FROM dataset WHERE id = ?').run(dataset.id)
      return true
    })
  }

  #deleteSome(id: string, rows: number): boolean {
    for (const table of BY_DATASET) {
      const { changes } = this.#db
        .prepare(
          `DELETE FROM ${table} WHERE rowid IN
             (SELECT rowid FROM ${table} WHERE dataset_id = ? ORDER BY rowid DESC LIMIT ?)`,
        )
        .run(id, rows)
      if (changes > 0) return true
    }
    // In the order of their ids, in which their rows lie: so each page of the file is changed once, not a hundred times.
    const images = this.#db
      .prepare<[string, string, number], { id: string }>(
        'SELECT id FROM image WHERE id > ? AND +dataset_id = ? ORDER BY id LIMIT ?',
      )
      .all(this.#after, id, Math.ceil(rows / ROWS_OF_IMAGE))
    const last = images.at(-1)
    if (!last) {
      this.#after = ''
      return false
    }
    const ids = JSON.stringify(images.map((image) => image.id))
    // An image may have very many annotations, so delete them separately.
    const { changes } = this.#db
      .prepare(
        `DELETE FROM annotation WHERE (image_id, id) IN
           (SELECT image_id, id FROM annotation WHERE image_id IN (SELECT value FROM json_each(?)) LIMIT ?)`,
      )
      .run(ids, rows)
    if (changes < rows) {
      this.#db.prepare('DELETE FROM image WHERE id IN (SELECT value FROM json_each(?))').run(ids)
      this.#after = last.id
    }
    return true
  }
}
