import type { EditOrigin, HistoryEntry } from '#shared/contract/annotations.ts'
import type { Db } from './database.ts'

export interface LogRow {
  seq: number
  commit_id: string
  dataset_id: string
  image_id: string | null
  label: string
  origin: string
  changes: string
  state: 'done' | 'undone' | 'abandoned'
  revision: number
  at_ms: number
}

/** An edit that can be undone or redone. */
export type Step = Pick<LogRow, 'seq' | 'label' | 'image_id'>

/** A new entry. */
export interface LogEntry {
  commitId: string
  datasetId: string
  /** null: an edit of the classes, or of many images. */
  imageId: string | null
  /** The entry of the edit of many images that it is a part of; null: none. */
  parent: number | null
  label: string
  origin: EditOrigin
  changes: unknown
  revision: number
}

/**
 * The edits that undo and redo of an image include: its own, and those of the dataset's classes. Each part names its
 * index: the planner would rather read the whole log of the dataset.
 */
const scope = (columns: string, where: string) =>
  `SELECT ${columns} FROM edit_log INDEXED BY edit_log_of_image
     WHERE image_id = $imageId AND parent IS NULL AND ${where}
   UNION ALL
   SELECT ${columns} FROM edit_log INDEXED BY edit_log_dataset
     WHERE dataset_id = $datasetId AND image_id IS NULL AND parent IS NULL AND ${where}`

/** Every edit, in order, with its undo state. Callers write it in the transaction of the edit itself. */
export class EditLog {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Returns the entry's place in the log. */
  add(entry: LogEntry): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO edit_log (commit_id, dataset_id, image_id, parent, label, origin, changes, state, revision, at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        entry.commitId,
        entry.datasetId,
        entry.imageId,
        entry.parent,
        entry.label,
        entry.origin,
        JSON.stringify(entry.changes),
        // Other people's changes are in the history, but cannot be undone here.
        entry.origin === 'sync' ? 'abandoned' : 'done',
        entry.revision,
        Date.now(),
      )
    return Number(lastInsertRowid)
  }

  remove(seq: number): void {
    this.#db.prepare('DELETE FROM edit_log WHERE seq = ?').run(seq)
  }

  at(seq: number): LogRow | undefined {
    return this.#db.prepare<[number], LogRow>('SELECT * FROM edit_log WHERE seq = ?').get(seq)
  }

  find(commitId: string): LogRow | undefined {
    return this.#db
      .prepare<[string], LogRow>('SELECT * FROM edit_log WHERE commit_id = ?')
      .get(commitId)
  }

  /** The image's revision after a commit; null: the commit is unknown. */
  revisionOf(commitId: string): number | null {
    const row = this.#db
      .prepare<[string], { revision: number }>('SELECT revision FROM edit_log WHERE commit_id = ?')
      .get(commitId)
    return row?.revision ?? null
  }

  setState(seq: number, state: LogRow['state']): void {
    this.#db.prepare('UPDATE edit_log SET state = ? WHERE seq = ?').run(state, seq)
  }

  /** The edits of an image, latest first, with their undo state; `before`: only those before this one. */
  history(
    imageId: string,
    datasetId: string,
    limit: number,
    before: number | null,
  ): HistoryEntry[] {
    return this.#db
      .prepare<unknown[], LogRow>(
        `SELECT * FROM (${scope(
          'seq, label, state, at_ms, origin',
          "(state <> 'abandoned' OR origin = 'sync') AND ($before IS NULL OR seq < $before)",
        )}) ORDER BY seq DESC LIMIT $limit`,
      )
      .all({ imageId, datasetId, limit, before })
      .map(({ seq, label, state, at_ms, origin }) => ({
        seq,
        label,
        undone: state === 'undone',
        atMs: at_ms,
        origin: origin as EditOrigin,
      }))
  }

  /** The number of undos or redos until edit `seq` is the last one in effect; 0: before the first. */
  stepsTo(imageId: string, datasetId: string, seq: number): { back: number; forward: number } {
    const steps = this.#db
      .prepare<unknown[], { back: number; forward: number }>(
        `SELECT count(*) FILTER (WHERE state = 'done' AND seq > $seq) AS back,
                count(*) FILTER (WHERE state = 'undone' AND seq <= $seq) AS forward
         FROM (${scope('seq, state', '1')})`,
      )
      .get({ imageId, datasetId, seq })
    return steps ?? { back: 0, forward: 0 }
  }

  /** Images that an edit of the classes or of many images changed. */
  imagesOf(commitId: string): string[] {
    return this.#db
      .prepare<[string], { image_id: string }>(
        `SELECT DISTINCT image_id FROM edit_log
         WHERE parent = (SELECT seq FROM edit_log WHERE commit_id = ?) AND image_id IS NOT NULL`,
      )
      .all(commitId)
      .map(({ image_id }) => image_id)
  }

  /** The first and the last part of an edit of many images; null: it has none. */
  partsOf(seq: number): { first: number; last: number } | null {
    const end = (which: 'min' | 'max') =>
      this.#db
        .prepare<[number], { seq: number | null }>(
          `SELECT ${which}(seq) AS seq FROM edit_log INDEXED BY edit_log_parent WHERE parent = ?`,
        )
        .get(seq)?.seq ?? null
    const [first, last] = [end('min'), end('max')]
    return first === null || last === null ? null : { first, last }
  }

  /**
   * The next edit to undo or redo. An edit of the whole dataset can be undone only until another image is edited,
   * because after that the user no longer has it in mind.
   */
  next(state: 'done' | 'undone', imageId: string, datasetId: string): Step | undefined {
    const last = this.#end(state, imageId, datasetId, true)
    if (state === 'undone' || last?.image_id !== null) return last
    const since = this.#db
      .prepare(
        `SELECT 1 FROM edit_log INDEXED BY edit_log_of_dataset WHERE dataset_id = ? AND seq > ?
           AND image_id <> ? AND parent IS NULL AND state = 'done' LIMIT 1`,
      )
      .get(datasetId, last.seq, imageId)
    return since ? this.#end(state, imageId, datasetId, false) : last
  }

  #end(
    state: 'done' | 'undone',
    imageId: string,
    datasetId: string,
    withDataset: boolean,
  ): Step | undefined {
    const { order, isLater } =
      state === 'done'
        ? { order: 'DESC', isLater: (a: Step, b: Step) => a.seq > b.seq }
        : { order: 'ASC', isLater: (a: Step, b: Step) => a.seq < b.seq }
    // Two look-ups, each at the end of an index, so the cost does not grow with the log. They leave out the changes,
    // which may be large.
    const own = this.#db
      .prepare<[string, string], Step>(
        `SELECT seq, label, image_id FROM edit_log INDEXED BY edit_log_of_image
         WHERE image_id = ? AND state = ? AND parent IS NULL ORDER BY seq ${order} LIMIT 1`,
      )
      .get(imageId, state)
    if (!withDataset) return own
    const whole = this.#db
      .prepare<[string, string], Step>(
        `SELECT seq, label, image_id FROM edit_log INDEXED BY edit_log_dataset
         WHERE dataset_id = ? AND state = ? AND image_id IS NULL ORDER BY seq ${order} LIMIT 1`,
      )
      .get(datasetId, state)
    if (!own || !whole) return own ?? whole
    return isLater(own, whole) ? own : whole
  }

  /** A new edit abandons everything that could have been redone. The entries stay in the log. */
  abandonUndone(imageId: string, datasetId: string): void {
    this.#db
      .prepare(
        `UPDATE edit_log SET state = 'abandoned'
         WHERE image_id = ? AND state = 'undone' AND parent IS NULL`,
      )
      .run(imageId)
    this.abandonUndoneClasses(datasetId)
  }

  abandonUndoneClasses(datasetId: string): void {
    this.#db
      .prepare(
        `UPDATE edit_log SET state = 'abandoned'
         WHERE dataset_id = ? AND state = 'undone' AND image_id IS NULL`,
      )
      .run(datasetId)
  }
}
