import { newId } from '#shared/model/annotation.ts'
import type { Comment } from '#shared/model/sync.ts'
import type { Db } from './database.ts'

interface Row {
  id: string
  remote_id: string | null
  annotation_id: string
  body: string
  is_resolved: number
  created_at_ms: number
  is_waiting: number
}

const SELECT = `SELECT comment.*, EXISTS (SELECT 1 FROM outbox WHERE outbox.image_id = comment.image_id
  AND kind = 'comment' AND payload ->> 'commentId' = comment.id) AS is_waiting FROM comment`

const fromRow = (row: Row): Comment & { remoteId: string | null } => ({
  id: row.id,
  remoteId: row.remote_id,
  annotationId: row.annotation_id,
  body: row.body,
  isResolved: row.is_resolved === 1,
  createdAtMs: row.created_at_ms,
  isWaiting: row.is_waiting === 1,
})

/** What people wrote about annotations, as far as it is known here. */
export class CommentRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Oldest first. */
  list(imageId: string): Comment[] {
    return this.#db
      .prepare<[string], Row>(`${SELECT} WHERE image_id = ? ORDER BY created_at_ms, id`)
      .all(imageId)
      .map(fromRow)
  }

  find(id: string): (Comment & { remoteId: string | null }) | null {
    const row = this.#db.prepare<[string], Row>(`${SELECT} WHERE id = ?`).get(id)
    return row ? fromRow(row) : null
  }

  create(imageId: string, annotationId: string, body: string): string {
    const id = newId()
    this.#db
      .prepare(
        'INSERT INTO comment (id, image_id, annotation_id, body, created_at_ms) VALUES (?, ?, ?, ?, ?)',
      )
      .run(id, imageId, annotationId, body, Date.now())
    return id
  }

  setResolved(id: string, isResolved: boolean): void {
    this.#db.prepare('UPDATE comment SET is_resolved = ? WHERE id = ?').run(isResolved ? 1 : 0, id)
  }

  /** The service's ids of an image's comments. */
  remoteIds(imageId: string): Set<string> {
    const rows = this.#db
      .prepare<[string], { remote_id: string }>(
        'SELECT remote_id FROM comment WHERE image_id = ? AND remote_id IS NOT NULL',
      )
      .all(imageId)
    return new Set(rows.map(({ remote_id }) => remote_id))
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM comment WHERE id = ?').run(id)
  }

  setRemoteId(id: string, remoteId: string): void {
    this.#db.prepare('UPDATE comment SET remote_id = ? WHERE id = ?').run(remoteId, id)
  }

  /** Takes over what the service has; what is still to be told stays. */
  replace(
    imageId: string,
    comments: readonly {
      remoteId: string
      annotationId: string
      body: string
      isResolved: boolean
      createdAtMs: number
    }[],
  ): void {
    const known = new Map(
      this.#db
        .prepare<[string], { id: string; remote_id: string }>(
          'SELECT id, remote_id FROM comment WHERE image_id = ? AND remote_id IS NOT NULL',
        )
        .all(imageId)
        .map(({ id, remote_id }) => [remote_id, id]),
    )
    // Written here and told: the service's own is among `comments`.
    const told = this.#db
      .prepare<[string], Row>(`${SELECT} WHERE image_id = ? AND remote_id IS NULL`)
      .all(imageId)
      .filter(({ is_waiting }) => is_waiting === 0)
    const waiting = new Set(
      this.list(imageId).flatMap(({ id, isWaiting }) => (isWaiting ? [id] : [])),
    )
    this.#db.transaction(() => {
      const put = this.#db.prepare(
        `INSERT INTO comment (id, image_id, remote_id, annotation_id, body, is_resolved, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, is_resolved = excluded.is_resolved`,
      )
      for (const { remoteId, annotationId, body, isResolved, createdAtMs } of comments) {
        const id = known.get(remoteId) ?? newId()
        known.delete(remoteId)
        if (!waiting.has(id))
          put.run(id, imageId, remoteId, annotationId, body, isResolved ? 1 : 0, createdAtMs)
      }
      const remove = this.#db.prepare('DELETE FROM comment WHERE id = ?')
      for (const id of [...known.values(), ...told.map(({ id }) => id)])
        if (!waiting.has(id)) remove.run(id)
    })()
  }
}
