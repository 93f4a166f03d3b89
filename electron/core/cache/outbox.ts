import { randomUUID } from 'node:crypto'
import type { OutboxKind } from '#shared/model/sync.ts'
import type { Db } from './database.ts'

/** A class edit, or its undo. */
export interface EditRef {
  commitId: string
  isBack: boolean
}

export interface OutboxRow {
  id: number
  datasetId: string
  imageId: string | null
  kind: OutboxKind
  /** JSON of the operations, for classes and comments. */
  payload: string | null
  /** For classes: the edit it belongs to; null: none. */
  commitId: string | null
  /** It undoes that edit. */
  isBack: boolean
  state: 'waiting' | 'failed' | 'conflict'
  version: number
  /** 32 hex digits, of this version. */
  idempotencyKey: string
  problem: string | null
  requestId: string | null
  queuedAtMs: number
}

export interface RefusalDetails {
  /** For reports. */
  requestId?: string | null
  /** The request may have been executed. */
  isUnknown?: boolean
}

interface Row {
  id: number
  dataset_id: string
  image_id: string | null
  kind: OutboxKind
  payload: string | null
  commit_id: string | null
  is_back: number
  state: OutboxRow['state']
  version: number
  idempotency_key: string
  problem: string | null
  request_id: string | null
  queued_at_ms: number
}

const fromRow = (row: Row): OutboxRow => ({
  id: row.id,
  datasetId: row.dataset_id,
  imageId: row.image_id,
  kind: row.kind,
  payload: row.payload,
  commitId: row.commit_id,
  isBack: row.is_back === 1,
  state: row.state,
  version: row.version,
  idempotencyKey: row.idempotency_key,
  problem: row.problem,
  requestId: row.request_id,
  queuedAtMs: row.queued_at_ms,
})

const newKey = () => randomUUID().replaceAll('-', '')

/** An image that is already queued: a failed row is retried, because its content is new. */
const CHANGED_AGAIN = `ON CONFLICT (image_id, kind, iif(kind IN ('classes', 'comment'), id, 0)) DO UPDATE SET
  version = version + 1, idempotency_key = excluded.idempotency_key,
  state = iif(state = 'failed', 'waiting', state), problem = iif(state = 'failed', NULL, problem),
  request_id = iif(state = 'failed', NULL, request_id)`

/** What is queued once for an image, however often it changes. */
type QueuedKind = Exclude<OutboxKind, 'classes' | 'comment'>

/** Number of pushed changes to keep for display. */
const LOG_KEPT = 1_000

/** The push queue. An edit is queued in the transaction that makes it; images of local datasets are never queued. */
export class Outbox {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Queues an image that changed. A failed row is retried, because its content is new. */
  queueImage(imageId: string, kind: QueuedKind): void {
    this.#db
      .prepare(
        `INSERT INTO outbox (dataset_id, image_id, kind, idempotency_key, queued_at_ms)
         SELECT dataset_id, image_id, ?, ?, ? FROM remote_image WHERE image_id = ?
         ${CHANGED_AGAIN}`,
      )
      .run(kind, newKey(), Date.now(), imageId)
  }

  /** The same for many images at once. */
  queueImages(imageIds: readonly string[], kind: QueuedKind): void {
    if (imageIds.length === 0) return
    this.#db
      .prepare(
        `INSERT INTO outbox (dataset_id, image_id, kind, idempotency_key, queued_at_ms)
         SELECT dataset_id, image_id, $kind, lower(hex(randomblob(16))), $atMs
         FROM remote_image WHERE image_id IN (SELECT value FROM json_each($ids))
         ${CHANGED_AGAIN}`,
      )
      .run({ ids: JSON.stringify(imageIds), kind, atMs: Date.now() })
  }

  /** Queues a one-time operation in order; only for remote datasets. */
  queue(
    datasetId: string,
    kind: 'classes' | 'comment',
    payload: unknown,
    { imageId = null, of = null }: { imageId?: string | null; of?: EditRef | null } = {},
  ): void {
    this.#db
      .prepare(
        `INSERT INTO outbox (dataset_id, image_id, kind, payload, commit_id, is_back, idempotency_key, queued_at_ms)
         SELECT dataset_id, ?, ?, ?, ?, ?, ?, ? FROM remote_dataset WHERE dataset_id = ?`,
      )
      .run(
        imageId,
        kind,
        JSON.stringify(payload),
        of?.commitId ?? null,
        of?.isBack ? 1 : 0,
        newKey(),
        Date.now(),
        datasetId,
      )
  }

  /** Replaces the remaining operations. */
  setPayload(id: number, payload: unknown): void {
    this.#db.prepare('UPDATE outbox SET payload = ? WHERE id = ?').run(JSON.stringify(payload), id)
  }

  /** The content to push has changed, so an answer to an earlier push does not apply to it. */
  renew(imageId: string, kind: OutboxKind): void {
    this.#db
      .prepare(
        'UPDATE outbox SET version = version + 1, idempotency_key = ? WHERE image_id = ? AND kind = ?',
      )
      .run(newKey(), imageId, kind)
  }

  get(id: number): OutboxRow | null {
    const row = this.#db.prepare<[number], Row>('SELECT * FROM outbox WHERE id = ?').get(id)
    return row ? fromRow(row) : null
  }

  find(imageId: string, kind: OutboxKind): OutboxRow | null {
    const row = this.#db
      .prepare<[string, string], Row>('SELECT * FROM outbox WHERE image_id = ? AND kind = ?')
      .get(imageId, kind)
    return row ? fromRow(row) : null
  }

  /** Oldest first. */
  list(datasetId: string | null, state: OutboxRow['state'] | null = null): OutboxRow[] {
    return this.#db
      .prepare<unknown[], Row>(
        `SELECT * FROM outbox WHERE ($datasetId IS NULL OR dataset_id = $datasetId)
         AND ($state IS NULL OR state = $state) ORDER BY id`,
      )
      .all({ datasetId, state })
      .map(fromRow)
  }

  /** Rows that can be pushed, oldest first. `after`: start behind this row. */
  waiting(
    datasetId: string,
    kind: OutboxKind,
    { after = 0, limit = -1 }: { after?: number; limit?: number } = {},
  ): OutboxRow[] {
    return this.#db
      .prepare<[string, string, number, number], Row>(
        `SELECT * FROM outbox WHERE dataset_id = ? AND kind = ? AND state = 'waiting' AND id > ?
         ORDER BY id LIMIT ?`,
      )
      .all(datasetId, kind, after, limit)
      .map(fromRow)
  }

  /** The first rows to show, at most `limit`: those that need the user, then those that wait, oldest first. */
  first(limit: number): OutboxRow[] {
    const rows = (where: string, count: number) =>
      this.#db
        .prepare<[number], Row>(`SELECT * FROM outbox WHERE ${where} ORDER BY id LIMIT ?`)
        .all(count)
    const stopped = rows("state <> 'waiting'", limit)
    return [...stopped, ...rows("state = 'waiting'", limit - stopped.length)].map(fromRow)
  }

  /** All rows of a kind that has few, oldest first. */
  ofKind(datasetId: string, kind: 'classes'): OutboxRow[] {
    return this.#db
      .prepare<[string, string], Row>(
        'SELECT * FROM outbox WHERE dataset_id = ? AND kind = ? ORDER BY id',
      )
      .all(datasetId, kind)
      .map(fromRow)
  }

  /** True while labels that an edit of the classes changed wait to be pushed. */
  hasLabelsOf(datasetId: string, commitId: string): boolean {
    const row = this.#db
      .prepare(
        `SELECT 1 FROM outbox CROSS JOIN edit_log INDEXED BY edit_log_of_image ON edit_log.image_id = outbox.image_id
         WHERE outbox.dataset_id = ? AND kind = 'annotations' AND outbox.state = 'waiting'
           AND parent = (SELECT seq FROM edit_log WHERE commit_id = ?) LIMIT 1`,
      )
      .get(datasetId, commitId)
    return row !== undefined
  }

  /** Number of rows of all datasets. */
  count(): number {
    return this.#db.prepare<[], { n: number }>('SELECT count(*) AS n FROM outbox').get()?.n ?? 0
  }

  /** Number of waiting rows. */
  countWaiting(datasetId: string, kind: OutboxKind): number {
    const row = this.#db
      .prepare<[string, string], { n: number }>(
        `SELECT count(*) AS n FROM outbox WHERE dataset_id = ? AND kind = ? AND state = 'waiting'`,
      )
      .get(datasetId, kind)
    return row?.n ?? 0
  }

  /** Datasets with rows that can be pushed, except those with a running bulk edit. */
  datasetsWaiting(accountId: string): string[] {
    return this.#db
      .prepare<[string], { dataset_id: string }>(
        `SELECT dataset_id FROM remote_dataset
         WHERE account_id = ? AND dataset_id NOT IN (SELECT dataset_id FROM bulk_edit) AND EXISTS (
           SELECT 1 FROM outbox WHERE outbox.dataset_id = remote_dataset.dataset_id AND state = 'waiting')`,
      )
      .all(accountId)
      .map(({ dataset_id }) => dataset_id)
  }

  counts(accountId: string): { waiting: number; failed: number; conflicts: number } {
    const row = this.#db
      .prepare<[string], { waiting: number; failed: number; conflicts: number }>(
        `SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state = 'conflict') AS conflicts
         FROM outbox JOIN remote_dataset USING (dataset_id) WHERE account_id = ?`,
      )
      .get(accountId)
    return row ?? { waiting: 0, failed: 0, conflicts: 0 }
  }

  /** The service acknowledged it. Returns false if it changed meanwhile; then it stays queued. */
  done({ id, version }: Pick<OutboxRow, 'id' | 'version'>): boolean {
    return (
      this.#db.prepare('DELETE FROM outbox WHERE id = ? AND version = ?').run(id, version).changes >
      0
    )
  }

  remove(id: number): void {
    this.#db.prepare('DELETE FROM outbox WHERE id = ?').run(id)
  }

  setState(id: number, state: OutboxRow['state'], problem: string | null = null): void {
    this.#db
      .prepare('UPDATE outbox SET state = ?, problem = ?, request_id = NULL WHERE id = ?')
      .run(state, problem, id)
  }

  /**
   * Marks a row for the user. A refused request gets a new key, so that the service does not repeat its first answer.
   * If it is unknown whether the request was executed, it keeps its key, so that a retry does not execute it twice.
   */
  refuse(
    id: number,
    problem: string,
    { requestId = null, isUnknown = false }: RefusalDetails = {},
  ): void {
    this.#db
      .prepare(
        `UPDATE outbox SET state = 'failed', problem = $problem, request_id = $requestId,
           idempotency_key = iif($isUnknown, idempotency_key, lower(hex(randomblob(16)))) WHERE id = $id`,
      )
      .run({ id, problem, requestId, isUnknown: isUnknown ? 1 : 0 })
  }

  /** Retries failed rows. */
  retry(ids: readonly number[] | null): void {
    this.#db
      .prepare(
        `UPDATE outbox SET state = 'waiting', problem = NULL, request_id = NULL
         WHERE state = 'failed' AND ($ids IS NULL OR id IN (SELECT value FROM json_each($ids)))`,
      )
      .run({ ids: ids && JSON.stringify(ids) })
  }

  log(datasetId: string, imageId: string | null, message: string): void {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO push_log (dataset_id, image_id, message, at_ms) VALUES (?, ?, ?, ?)')
      .run(datasetId, imageId, message, Date.now())
    this.#db.prepare('DELETE FROM push_log WHERE id <= ?').run(Number(lastInsertRowid) - LOG_KEPT)
  }

  /** Latest first. */
  logged(limit: number): {
    id: number
    datasetId: string
    imageId: string | null
    message: string
    atMs: number
  }[] {
    return this.#db
      .prepare<
        [number],
        { id: number; dataset_id: string; image_id: string | null; message: string; at_ms: number }
      >('SELECT * FROM push_log ORDER BY id DESC LIMIT ?')
      .all(limit)
      .map(({ id, dataset_id, image_id, message, at_ms }) => ({
        id,
        datasetId: dataset_id,
        imageId: image_id,
        message,
        atMs: at_ms,
      }))
  }
}
