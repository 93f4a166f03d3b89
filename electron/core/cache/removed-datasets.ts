import { type Db, inRepeatableTransaction } from './database.ts'
import { REMOVED } from './dataset-repository.ts'

/**
 * Tables with a dataset id, and the order in which their rows are deleted, which must be that of an index. The parts of
 * an edit go before the edit, so that deleting it deletes no others.
 */
const BY_DATASET = [
  { table: 'edit_log', order: 'ORDER BY parent DESC' },
  { table: 'push_log', order: '' },
  { table: 'outbox', order: '' },
]

/** Maximum number of rows of an image besides its annotations. */
const ROWS_OF_IMAGE = 8

/** Deletes the remaining rows of removed datasets, in pieces. */
export class RemovedDatasets {
  readonly #db: Db
  /** The dataset whose annotations are deleted, and the last image whose annotations are; null: all are. */
  #place: { id: string; after: string | null } = { id: '', after: '' }

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
      // The annotations of this step are still there.
      this.#place = { id: '', after: '' }
      throw error
    }
  }

  #deleteSome(id: string, rows: number): boolean {
    for (const { table, order } of BY_DATASET) {
      const { changes } = this.#db
        .prepare(
          `DELETE FROM ${table} WHERE rowid IN
             (SELECT rowid FROM ${table} WHERE dataset_id = ? ${order} LIMIT ?)`,
        )
        .run(id, rows)
      if (changes > 0) return true
    }
    if (this.#place.id !== id) this.#place = { id, after: '' }
    return this.#place.after === null
      ? this.#deleteImages(id, rows)
      : this.#deleteAnnotations(id, this.#place.after, rows)
  }

  /** In order of the image ids, as annotations are stored, so that each page is written once. */
  #deleteAnnotations(id: string, after: string, rows: number): boolean {
    // Images of other datasets count too, so that one step never reads very many of them.
    const images = this.#db
      .prepare<unknown[], { id: string; mine: number }>(
        'SELECT id, dataset_id = $id AS mine FROM image WHERE id > $after ORDER BY id LIMIT $count',
      )
      .all({ id, after, count: Math.ceil(rows / ROWS_OF_IMAGE) })
    const last = images.at(-1)
    const ids = JSON.stringify(images.filter(({ mine }) => mine === 1).map((image) => image.id))
    // An image may have very many annotations, so their number is limited, too.
    const { changes } = this.#db
      .prepare(
        `DELETE FROM annotation WHERE (image_id, id) IN
           (SELECT image_id, id FROM annotation WHERE image_id IN (SELECT value FROM json_each(?)) LIMIT ?)`,
      )
      .run(ids, rows)
    if (changes < rows) this.#place.after = last?.id ?? null
    return true
  }

  /** In list order, in which images and what belongs to them are stored. */
  #deleteImages(id: string, rows: number): boolean {
    const { changes } = this.#db
      .prepare(
        `DELETE FROM image WHERE rowid IN
           (SELECT rowid FROM image WHERE dataset_id = ? ORDER BY sort_key LIMIT ?)`,
      )
      .run(id, Math.ceil(rows / ROWS_OF_IMAGE))
    return changes > 0
  }
}
