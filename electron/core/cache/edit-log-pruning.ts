import { type Db, inRepeatableTransaction } from './database.ts'

/** Edits younger than this are never pruned: their senders may still repeat them. Milliseconds. */
const KEPT_MS = 7 * 24 * 3_600_000

interface Step {
  /** Bytes that were freed, about. */
  bytes: number
  /** Nothing more can be pruned. */
  isOver: boolean
}

/**
 * Deletes the oldest entries of the edit log. It keeps those of images and classes with changes that were not sent, those
 * that proposals and decided conflicts refer to, and edits that are still being applied.
 */
export class EditLogPruning {
  readonly #db: Db
  #after = 0

  constructor(db: Db) {
    this.#db = db
  }

  /** Looks at the next `rows` entries and deletes about as many at most, in one transaction. `nowMs`: milliseconds since 1970. */
  step(rows: number, nowMs: number = Date.now()): Step {
    return inRepeatableTransaction(this.#db, () => {
      const entries = this.#db
        .prepare<
          unknown[],
          { seq: number; isOld: number; isWhole: number; bytes: number; mayGo: number }
        >(
          `SELECT seq, at_ms < $before AS isOld, image_id IS NULL AS isWhole,
             octet_length(changes) AS bytes,
             parent IS NULL AND at_ms < $before
             AND CASE WHEN image_id IS NULL THEN NOT EXISTS (
               SELECT 1 FROM outbox WHERE outbox.dataset_id = edit_log.dataset_id)
             ELSE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.image_id = edit_log.image_id) END
             AND NOT EXISTS (SELECT 1 FROM bulk_edit WHERE bulk_edit.dataset_id = edit_log.dataset_id)
             AND NOT EXISTS (SELECT 1 FROM proposal WHERE closed_by = commit_id)
             AND NOT EXISTS (SELECT 1 FROM decision WHERE decision.commit_id = edit_log.commit_id) AS mayGo
           FROM edit_log WHERE seq > $after ORDER BY seq LIMIT $rows`,
        )
        .all({ after: this.#after, before: nowMs - KEPT_MS, rows })
      let bytes = 0
      let isOver = entries.length < rows
      for (const entry of entries) {
        // All later ones are younger.
        if (entry.isOld === 0) {
          isOver = true
          break
        }
        if (entry.mayGo === 1) {
          if (entry.isWhole === 1) {
            const parts = this.#removeParts(entry.seq, rows)
            bytes += parts.bytes
            // The rest of its parts, and then the entry itself, follow in the next step.
            if (parts.count === rows) return { bytes, isOver: false }
          }
          this.#db.prepare('DELETE FROM edit_log WHERE seq = ?').run(entry.seq)
          bytes += entry.bytes
        }
        this.#after = entry.seq
      }
      if (isOver) this.#after = 0
      return { bytes, isOver }
    })
  }

  #removeParts(parent: number, rows: number): { bytes: number; count: number } {
    const parts = this.#db
      .prepare<[number, number], { bytes: number }>(
        `DELETE FROM edit_log WHERE seq IN (SELECT seq FROM edit_log WHERE parent = ? ORDER BY seq LIMIT ?)
         RETURNING octet_length(changes) AS bytes`,
      )
      .all(parent, rows)
    return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), count: parts.length }
  }
}
