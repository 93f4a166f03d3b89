import { z } from 'zod'
import { newId } from '#shared/model/annotation.ts'
import type { Transfer, TransferFailure } from '#shared/model/transfer.ts'
import type { Db } from './database.ts'
import { storedItems, storedJson } from './stored-json.ts'

export interface StoredTransfer {
  id: string
  kind: Transfer['kind']
  accountId: string
  /** The service's id of the dataset. */
  remoteId: string
  name: string
  place: string
  options: unknown
  state: Transfer['state']
  isPlanned: boolean
  problem: string | null
  report: string[]
  createdAtMs: number
  finishedAtMs: number | null
}

export type ItemState = 'waiting' | 'put' | 'done' | 'skipped' | 'failed'

export interface TransferItem<Facts = Record<string, unknown>> {
  seq: number
  source: string
  target: string
  title: string
  state: ItemState
  sizeBytes: number
  facts: Facts
  batchKey: string | null
}

export interface Counts {
  files: Transfer['files']
  bytes: Transfer['bytes']
}

/** Number of items read at a time. */
const PAGE_ITEMS = 1_000

interface Row {
  id: string
  kind: Transfer['kind']
  account_id: string
  remote_id: string
  name: string
  place: string
  options: string
  state: Transfer['state']
  is_planned: number
  problem: string | null
  report: string | null
  created_at_ms: number
  finished_at_ms: number | null
}

interface ItemRow {
  seq: number
  source: string
  target: string
  title: string
  state: ItemState
  size_bytes: number
  facts: string
  batch_key: string | null
}

const fromRow = (row: Row): StoredTransfer => ({
  id: row.id,
  kind: row.kind,
  accountId: row.account_id,
  remoteId: row.remote_id,
  name: row.name,
  place: row.place,
  options: storedJson(row.options),
  state: row.state,
  isPlanned: row.is_planned === 1,
  problem: row.problem,
  report: storedItems(row.report, z.string()),
  createdAtMs: row.created_at_ms,
  finishedAtMs: row.finished_at_ms,
})

/** Transfers and their files. Finished work survives a restart and is not repeated. */
export class TransferRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Latest first. */
  list(): StoredTransfer[] {
    return this.#db
      .prepare<[], Row>('SELECT * FROM transfer ORDER BY created_at_ms DESC')
      .all()
      .map(fromRow)
  }

  find(id: string): StoredTransfer | null {
    const row = this.#db.prepare<[string], Row>('SELECT * FROM transfer WHERE id = ?').get(id)
    return row ? fromRow(row) : null
  }

  create(
    fields: Pick<StoredTransfer, 'kind' | 'accountId' | 'remoteId' | 'name' | 'place' | 'options'>,
  ): StoredTransfer {
    const id = newId()
    this.#db
      .prepare(
        `INSERT INTO transfer (id, kind, account_id, remote_id, name, place, options, state, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'planning', ?)`,
      )
      .run(
        id,
        fields.kind,
        fields.accountId,
        fields.remoteId,
        fields.name,
        fields.place,
        JSON.stringify(fields.options),
        Date.now(),
      )
    return this.find(id) as StoredTransfer
  }

  setState(id: string, state: Transfer['state'], problem: string | null = null): void {
    const isOver = state === 'done' || state === 'cancelled'
    this.#db
      .prepare('UPDATE transfer SET state = ?, problem = ?, finished_at_ms = ? WHERE id = ?')
      .run(state, problem, isOver ? Date.now() : null, id)
  }

  setPlanned(id: string): void {
    this.#db.prepare('UPDATE transfer SET is_planned = 1 WHERE id = ?').run(id)
  }

  setReport(id: string, report: readonly string[]): void {
    this.#db.prepare('UPDATE transfer SET report = ? WHERE id = ?').run(JSON.stringify(report), id)
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM transfer WHERE id = ?').run(id)
  }

  /** Adds new files to the transfer; those with a known `seq` stay unchanged. */
  addItems(id: string, items: Iterable<Omit<TransferItem<unknown>, 'batchKey'>>): void {
    const insert = this.#db.prepare(
      `INSERT INTO transfer_item (transfer_id, seq, source, target, title, state, size_bytes, facts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (transfer_id, seq) DO NOTHING`,
    )
    this.#db.transaction(() => {
      for (const { seq, source, target, title, state, sizeBytes, facts } of items)
        insert.run(id, seq, source, target, title, state, sizeBytes, JSON.stringify(facts))
    })()
  }

  /** In order. `after`: behind this item. */
  items<Facts>(
    id: string,
    state: ItemState | null,
    { limit = -1, after = -1 }: { limit?: number; after?: number } = {},
  ): TransferItem<Facts>[] {
    const rows =
      state === null
        ? this.#db
            .prepare<[string, number, number], ItemRow>(
              'SELECT * FROM transfer_item WHERE transfer_id = ? AND seq > ? ORDER BY seq LIMIT ?',
            )
            .all(id, after, limit)
        : this.#db
            .prepare<[string, string, number, number], ItemRow>(
              'SELECT * FROM transfer_item WHERE transfer_id = ? AND state = ? AND seq > ? ORDER BY seq LIMIT ?',
            )
            .all(id, state, after, limit)
    return rows.map((row) => ({
      seq: row.seq,
      source: row.source,
      target: row.target,
      title: row.title,
      state: row.state,
      sizeBytes: row.size_bytes,
      facts: (storedJson(row.facts) ?? {}) as Facts,
      batchKey: row.batch_key,
    }))
  }

  /** Yields all items in pages, because they may not fit in memory. */
  *each<Facts>(id: string, state: ItemState | null): Generator<TransferItem<Facts>> {
    for (let after = -1; ; ) {
      const page = this.items<Facts>(id, state, { limit: PAGE_ITEMS, after })
      yield* page
      const last = page.at(-1)
      if (!last) return
      after = last.seq
    }
  }

  nextSeq(id: string): number {
    const row = this.#db
      .prepare<[string], { next: number }>(
        'SELECT coalesce(max(seq) + 1, 0) AS next FROM transfer_item WHERE transfer_id = ?',
      )
      .get(id)
    return row?.next ?? 0
  }

  /** Stores the results of several files in one transaction. */
  setItems(
    id: string,
    changes: readonly {
      seq: number
      state: ItemState
      problem?: string | null
      sizeBytes?: number
      target?: string
      facts?: unknown
      batchKey?: string | null
    }[],
  ): void {
    const update = this.#db.prepare(
      `UPDATE transfer_item SET state = ?, problem = ?, size_bytes = coalesce(?, size_bytes),
         target = coalesce(?, target), facts = coalesce(?, facts), batch_key = iif(?, ?, batch_key)
       WHERE transfer_id = ? AND seq = ?`,
    )
    this.#db.transaction(() => {
      for (const { seq, state, problem, sizeBytes, target, facts, batchKey } of changes)
        update.run(
          state,
          problem ?? null,
          sizeBytes ?? null,
          target ?? null,
          facts === undefined ? null : JSON.stringify(facts),
          batchKey === undefined ? 0 : 1,
          batchKey ?? null,
          id,
          seq,
        )
    })()
  }

  counts(id: string): Counts {
    const row = this.#db
      .prepare<
        [string],
        {
          done: number
          skipped: number
          failed: number
          total: number
          bytesDone: number
          bytes: number
        }
      >(
        `SELECT count(*) FILTER (WHERE state = 'done') AS done,
           count(*) FILTER (WHERE state = 'skipped') AS skipped,
           count(*) FILTER (WHERE state = 'failed') AS failed, count(*) AS total,
           coalesce(sum(size_bytes) FILTER (WHERE state IN ('done', 'skipped', 'put')), 0) AS bytesDone,
           coalesce(sum(size_bytes), 0) AS bytes
         FROM transfer_item WHERE transfer_id = ?`,
      )
      .get(id)
    const { done = 0, skipped = 0, failed = 0, total = 0, bytesDone = 0, bytes = 0 } = row ?? {}
    return { files: { done, skipped, failed, total }, bytes: { done: bytesDone, total: bytes } }
  }

  failures(id: string, limit: number): TransferFailure[] {
    return this.#db
      .prepare<[string, number], TransferFailure>(
        `SELECT seq, title, coalesce(problem, '') AS problem FROM transfer_item
         WHERE transfer_id = ? AND state = 'failed' ORDER BY seq LIMIT ?`,
      )
      .all(id, limit)
  }

  /** Queues failed files again. */
  retryFailed(id: string): void {
    this.#db
      .prepare(
        `UPDATE transfer_item SET state = 'waiting', problem = NULL, batch_key = NULL
         WHERE transfer_id = ? AND state = 'failed'`,
      )
      .run(id)
  }

  downloaded(file: string): { stamp: string; sizeBytes: number; modifiedAtMs: number } | null {
    const row = this.#db
      .prepare<[string], { stamp: string; size_bytes: number; modified_at_ms: number }>(
        'SELECT stamp, size_bytes, modified_at_ms FROM downloaded WHERE file = ?',
      )
      .get(file)
    return row
      ? { stamp: row.stamp, sizeBytes: row.size_bytes, modifiedAtMs: row.modified_at_ms }
      : null
  }

  keepDownloaded(
    files: readonly {
      file: string
      remoteId: string
      stamp: string
      sizeBytes: number
      modifiedAtMs: number
    }[],
  ): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO downloaded VALUES (?, ?, ?, ?, ?)')
    this.#db.transaction(() => {
      for (const { file, remoteId, stamp, sizeBytes, modifiedAtMs } of files)
        put.run(file, remoteId, stamp, sizeBytes, modifiedAtMs)
    })()
  }

  keepUploaded(dataset: string, files: readonly { sha256: string; path: string }[]): void {
    const put = this.#db.prepare('INSERT OR IGNORE INTO uploaded VALUES (?, ?, ?)')
    this.#db.transaction(() => {
      for (const { sha256, path } of files) put.run(dataset, sha256, path)
    })()
  }

  /** Paths to which this content was uploaded from here. */
  uploadedAs(dataset: string, sha256: string): string[] {
    return this.#db
      .prepare<[string, string], { path: string }>(
        'SELECT path FROM uploaded WHERE remote_dataset_id = ? AND sha256 = ?',
      )
      .all(dataset, sha256)
      .map(({ path }) => path)
  }
}
