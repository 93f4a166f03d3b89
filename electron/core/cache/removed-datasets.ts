import { type Db, inRepeatableTransaction } from './database.ts'
import { REMOVED } from './dataset-repository.ts'

/** Tables with a dataset id. Rows are deleted latest first, so that a bulk edit has no parts left. */
const BY_DATASET = ['edit_log', 'push_log', 'outbox'] as const

/** Maximum number of rows of an image besides its annotations. */
const ROWS_OF_IMAGE = 8

/** Deletes the remaining rows of removed datasets, in pieces. */
export class RemovedDatasets {
  readonly #db: Db
  /** The dataset whose rows are deleted, and the last image that was looked at for it. */
  #place = { id: '', after: '' }

  constructor(db: Db) {
    this.#db = db
  }

  /** Deletes up to about `rows` rows in one transaction. Returns false if nothing was left. */
  step(rows: number): boolean {
    try {
      return inRepeatableTransaction(this.#db, () => {
        const dataset = this.#db
          .prepare<[string], { id: string }>('SELECT id FROM dataset WHERE kind = ? LIMIT 1')
          .get(REMOVED)
        if (!dataset) return false
        if (!this.#deleteSome(dataset.id, rows))
          this.#db.prepare('DELETE FROM dataset WHERE id = ?').run(dataset.id)
        return true
      })
    } catch (error) {
      // The images of this step are still there.
      this.#place = { id: '', after: '' }
      throw error
    }
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
    if (this.#place.id !== id) this.#place = { id, after: '' }
    // In id order, because annotations are stored in that order; each page is written once. Images of other datasets
    // count too, so that one step never reads very many of them.
    const images = this.#db
      .prepare<unknown[], { id: string; mine: number }>(
        'SELECT id, dataset_id = $id AS mine FROM image WHERE id > $after ORDER BY id LIMIT $count',
      )
      .all({ id, after: this.#place.after, count: Math.ceil(rows / ROWS_OF_IMAGE) })
    const last = images.at(-1)
    if (!last) return false
    const ids = JSON.stringify(images.filter(({ mine }) => mine === 1).map((image) => image.id))
    // An image may have very many annotations, so delete them separately.
    const { changes } = this.#db
      .prepare(
        `DELETE FROM annotation WHERE (image_id, id) IN
           (SELECT image_id, id FROM annotation WHERE image_id IN (SELECT value FROM json_each(?)) LIMIT ?)`,
      )
      .run(ids, rows)
    if (changes < rows) {
      this.#db.prepare('DELETE FROM image WHERE id IN (SELECT value FROM json_each(?))').run(ids)
      this.#place.after = last.id
    }
    return true
  }
}
