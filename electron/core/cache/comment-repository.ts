import { newId } from '#shared/model/annotation.ts'
import {
  type Comment,
  type Reaction,
  type ReactionCount,
  reactionCountSchema,
  withReaction,
} from '#shared/model/comment.ts'
import type { Db } from './database.ts'
import { storedItems } from './stored-json.ts'

export type StoredComment = Comment & { remoteId: string | null }

/** A comment as the service lists it. */
interface PulledComment extends Omit<Comment, 'id' | 'parentId' | 'isWaiting'> {
  remoteId: string
  remoteParentId: string | null
}

interface Row {
  id: string
  remote_id: string | null
  annotation_id: string
  parent_id: string | null
  author: string | null
  body: string
  is_deleted: number
  reactions: string
  is_resolved: number
  created_at_ms: number
  is_waiting: number
}

const SELECT = `SELECT comment.*, EXISTS (SELECT 1 FROM outbox WHERE outbox.image_id = comment.image_id
  AND kind = 'comment' AND payload ->> 'commentId' = comment.id) AS is_waiting FROM comment`

const fromRow = (row: Row): StoredComment => ({
  id: row.id,
  remoteId: row.remote_id,
  annotationId: row.annotation_id,
  parentId: row.parent_id,
  author: row.author,
  body: row.body,
  isDeleted: row.is_deleted === 1,
  reactions: storedItems(row.reactions, reactionCountSchema),
  isResolved: row.is_resolved === 1,
  createdAtMs: row.created_at_ms,
  isWaiting: row.is_waiting === 1,
})

/** Comments on annotations, as far as they are known here. */
export class CommentRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Oldest first. A deleted comment stays in the list while it has replies. */
  list(imageId: string): Comment[] {
    return this.#db
      .prepare<[string], Row>(
        `${SELECT} WHERE image_id = ? AND (is_deleted = 0 OR EXISTS (SELECT 1 FROM comment reply
           WHERE reply.image_id = comment.image_id AND reply.parent_id = comment.id AND reply.is_deleted = 0))
         ORDER BY created_at_ms, id`,
      )
      .all(imageId)
      .map(fromRow)
  }

  find(id: string): StoredComment | null {
    const row = this.#db.prepare<[string], Row>(`${SELECT} WHERE id = ?`).get(id)
    return row ? fromRow(row) : null
  }

  create(imageId: string, annotationId: string, body: string, parentId: string | null): string {
    const id = newId()
    this.#db
      .prepare(
        `INSERT INTO comment (id, image_id, annotation_id, body, parent_id, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(id, imageId, annotationId, body, parentId, Date.now())
    return id
  }

  setResolved(id: string, isResolved: boolean): void {
    this.#db.prepare('UPDATE comment SET is_resolved = ? WHERE id = ?').run(isResolved ? 1 : 0, id)
  }

  /** Adds or removes the user's own reaction; returns false if nothing changed. */
  react(id: string, reaction: Reaction, isOn: boolean): boolean {
    const comment = this.find(id)
    const isMine = (counts: readonly ReactionCount[]) =>
      counts.some((item) => item.reaction === reaction && item.isMine)
    if (!comment || isMine(comment.reactions) === isOn) return false
    const after = withReaction(comment.reactions, reaction, isOn)
    this.#db.prepare('UPDATE comment SET reactions = ? WHERE id = ?').run(JSON.stringify(after), id)
    return true
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM comment WHERE id = ?').run(id)
  }

  setRemoteId(id: string, remoteId: string): void {
    this.#db.prepare('UPDATE comment SET remote_id = ? WHERE id = ?').run(remoteId, id)
  }

  /** Replaces comments with the service's; unpushed local changes stay. */
  replace(imageId: string, pulled: readonly PulledComment[]): void {
    const known = this.#db
      .prepare<[string], Row>(`${SELECT} WHERE image_id = ?`)
      .all(imageId)
      .map(fromRow)
    const waiting = new Set(known.flatMap(({ id, isWaiting }) => (isWaiting ? [id] : [])))
    const idOf = new Map(known.flatMap(({ id, remoteId }) => (remoteId ? [[remoteId, id]] : [])))
    const listed = new Set(pulled.map(({ remoteId }) => remoteId))
    for (const { remoteId } of pulled) if (!idOf.has(remoteId)) idOf.set(remoteId, newId())
    // A comment without a service id was pushed and its answer was lost; `pulled` contains the service's copy.
    const gone = known.filter(
      ({ id, remoteId }) => !waiting.has(id) && (remoteId === null || !listed.has(remoteId)),
    )
    this.#db.transaction(() => {
      const put = this.#db.prepare(
        `INSERT INTO comment (id, image_id, remote_id, annotation_id, parent_id, author, body, is_deleted,
           is_resolved, reactions, created_at_ms)
         VALUES (:id, :imageId, :remoteId, :annotationId, :parentId, :author, :body, :isDeleted,
           :isResolved, :reactions, :createdAtMs)
         ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, author = excluded.author,
           body = excluded.body, is_deleted = excluded.is_deleted, is_resolved = excluded.is_resolved,
           reactions = excluded.reactions, created_at_ms = excluded.created_at_ms`,
      )
      for (const {
        remoteId,
        remoteParentId,
        isDeleted,
        isResolved,
        reactions,
        ...rest
      } of pulled) {
        const id = idOf.get(remoteId)
        if (id === undefined || waiting.has(id)) continue
        put.run({
          ...rest,
          id,
          imageId,
          remoteId,
          parentId: (remoteParentId !== null && idOf.get(remoteParentId)) || null,
          isDeleted: isDeleted ? 1 : 0,
          isResolved: isResolved ? 1 : 0,
          reactions: JSON.stringify(reactions),
        })
      }
      for (const { id } of gone) this.remove(id)
    })()
  }
}
