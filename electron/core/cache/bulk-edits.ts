import { z } from 'zod'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import {
  type ChangeSet,
  EMPTY_CHANGE_SET,
  invertChangeSet,
  isEmptyChangeSet,
  onlyUntouched,
  rebaseChangeSet,
} from '#shared/model/change-set.ts'
import type { AnnotationRows } from './annotation-rows.ts'
import { classEditChanges, isLoggedRename, type LoggedRename, touchedClass } from './class-edit.ts'
import type { Db } from './database.ts'
import { storedItems, storedJson } from './stored-json.ts'

/** A bulk edit that is being applied, undone or redone. */
export interface Bulk {
  datasetId: string
  /** The edit's log entry, to which its parts belong. */
  seq: number
  /** The commit of the edit, or of the undo or redo. */
  commitId: string
  label: string
  /** The edit to apply; null: an undo or redo. */
  edit: ClassEdit | null
  isBack: boolean
}

interface Row {
  dataset_id: string
  seq: number
  commit_id: string
  label: string
  edit: string | null
  is_back: number
  after: string
  settled: string
}

interface LoggedRow {
  seq: number
  image_id: string
  changes: string
}

/** The effect of a bulk edit on one image. */
export interface BulkPart {
  imageId: string
  changes: ChangeSet
}

/** The next images of a bulk edit. */
export interface NextParts {
  bulk: Bulk
  /** Without images that were done before their turn. */
  images: string[]
  settled: readonly string[]
  /** The parts start after `after` and end with `last`. */
  after: string
  last: string
  /** No images are left. */
  isLast: boolean
}

const fromRow = (row: Row): Bulk => ({
  datasetId: row.dataset_id,
  seq: row.seq,
  commitId: row.commit_id,
  label: row.label,
  edit: row.edit === null ? null : (JSON.parse(row.edit) as ClassEdit),
  isBack: row.is_back === 1,
})

/**
 * Stores the progress of bulk edits, and nothing else: the caller writes the effects of the parts in the same
 * transaction.
 */
export class BulkEdits {
  readonly #db: Db
  readonly #rows: AnnotationRows
  /** Datasets with a running bulk edit, so that an edit need not query the database. */
  readonly #busy = new Set<string>()

  constructor(db: Db, rows: AnnotationRows) {
    this.#db = db
    this.#rows = rows
    this.reload()
  }

  /** Call this after a rolled-back transaction. */
  reload(): void {
    this.#busy.clear()
    for (const { dataset_id } of this.#db
      .prepare<[], { dataset_id: string }>('SELECT dataset_id FROM bulk_edit')
      .all())
      this.#busy.add(dataset_id)
  }

  /** Datasets with a running bulk edit. */
  datasets(): string[] {
    return [...this.#busy]
  }

  /** The running bulk edit of a dataset, done up to `after`; null: none. */
  running(datasetId: string): (Bulk & { after: string }) | null {
    const row = this.#find(datasetId)
    // It was deleted together with its dataset.
    if (!row) this.#busy.delete(datasetId)
    return row ? { ...fromRow(row), after: row.after } : null
  }

  /** Ends a bulk edit where it is, and returns it; null if there is none. */
  stop(datasetId: string): Bulk | null {
    const bulk = this.running(datasetId)
    if (bulk) this.#end(datasetId)
    return bulk
  }

  #end(datasetId: string): void {
    this.#db.prepare('DELETE FROM bulk_edit WHERE dataset_id = ?').run(datasetId)
    this.#busy.delete(datasetId)
  }

  /** Starts a bulk edit; its dataset must not have one already. */
  begin(bulk: Bulk): void {
    this.#db
      .prepare(
        `INSERT INTO bulk_edit (dataset_id, seq, commit_id, label, edit, is_back)
         VALUES ($datasetId, $seq, $commitId, $label, $edit, $isBack)`,
      )
      .run({ ...bulk, edit: bulk.edit && JSON.stringify(bulk.edit), isBack: bulk.isBack ? 1 : 0 })
    this.#busy.add(bulk.datasetId)
  }

  /** Advances to the next parts, of at most `count` images; null if there is no bulk edit. */
  next(datasetId: string, count: number): NextParts | null {
    const row = this.#find(datasetId)
    if (!row) return null
    const bulk = fromRow(row)
    const settled = storedItems(row.settled, z.string())
    const next = bulk.edit
      ? this.#nextImages(bulk, bulk.edit, row.after, count)
      : this.#nextLogged(bulk, row.after, count)
    const places = next.map(({ place }) => place)
    const isLast = places.length < count
    if (isLast) this.#end(datasetId)
    else
      this.#db
        .prepare('UPDATE bulk_edit SET after = ? WHERE dataset_id = ?')
        .run(places[places.length - 1], datasetId)
    const isSettled = new Set(settled)
    const images = next.map(({ imageId }) => imageId).filter((imageId) => !isSettled.has(imageId))
    return { bulk, images, settled, after: row.after, last: places.at(-1) ?? row.after, isLast }
  }

  /** The effects of these parts, one by one; for few images, whose windows must know the changes. */
  partsOf({ bulk, images, after, last }: NextParts): BulkPart[] {
    const { edit } = bulk
    const wanted = new Set(images)
    const parts = edit
      ? images.map((imageId) => this.#made(edit, imageId))
      : this.#logged(bulk, after, last)
          .filter((row) => wanted.has(row.image_id))
          .map((row) => this.#turned(bulk, row))
    return parts.filter(({ changes }) => !isEmptyChangeSet(changes))
  }

  /** True if the log contains all of these parts as renames. */
  areRenames({ bulk, after, last }: NextParts): boolean {
    const other = this.#db
      .prepare(
        `SELECT 1 FROM edit_log WHERE parent = ? AND seq > ? AND seq <= ?
         AND json_type(changes, '$.renamed') IS NULL LIMIT 1`,
      )
      .get(bulk.seq, Number(after), Number(last))
    return other === undefined
  }

  /** The outstanding parts of an image that is about to be edited, to be applied before that edit. */
  settle(datasetId: string, imageId: string): { bulk: Bulk; parts: BulkPart[] } | null {
    const row = this.#busy.has(datasetId) ? this.#find(datasetId) : undefined
    if (!row) return null
    const settled = storedItems(row.settled, z.string())
    if (settled.includes(imageId)) return null
    this.#db
      .prepare('UPDATE bulk_edit SET settled = ? WHERE dataset_id = ?')
      .run(JSON.stringify([...settled, imageId]), datasetId)
    const bulk = fromRow(row)
    const parts = bulk.edit
      ? imageId > row.after
        ? [this.#made(bulk.edit, imageId)]
        : []
      : this.#db
          .prepare<[number, number, string], LoggedRow>(
            'SELECT seq, image_id, changes FROM edit_log WHERE parent = ? AND seq > ? AND image_id = ?',
          )
          .all(bulk.seq, Number(row.after), imageId)
          .map((logged) => this.#turned(bulk, logged))
    return { bulk, parts: parts.filter(({ changes }) => !isEmptyChangeSet(changes)) }
  }

  #find(datasetId: string): Row | undefined {
    return this.#db
      .prepare<[string], Row>('SELECT * FROM bulk_edit WHERE dataset_id = ?')
      .get(datasetId)
  }

  #nextImages({ datasetId }: Bulk, edit: ClassEdit, after: string, count: number) {
    const touched = touchedClass(edit)
    if (touched === null) return []
    return this.#rows
      .imagesWithClass(datasetId, touched, after, count)
      .map((imageId) => ({ place: imageId, imageId }))
  }

  #made(edit: ClassEdit, imageId: string): BulkPart {
    // A damaged row stays unchanged and does not stop the others.
    return { imageId, changes: classEditChanges(this.#rows.readable(imageId).annotations, edit) }
  }

  #nextLogged({ seq }: Bulk, after: string, count: number) {
    return this.#db
      .prepare<[number, number, number], Pick<LoggedRow, 'seq' | 'image_id'>>(
        `SELECT seq, image_id FROM edit_log
         WHERE parent = ? AND seq > ? AND image_id IS NOT NULL ORDER BY seq LIMIT ?`,
      )
      .all(seq, Number(after), count)
      .map((row) => ({ place: String(row.seq), imageId: row.image_id }))
  }

  #logged({ seq }: Bulk, after: string, last: string): LoggedRow[] {
    return this.#db
      .prepare<[number, number, number], LoggedRow>(
        `SELECT seq, image_id, changes FROM edit_log
         WHERE parent = ? AND seq > ? AND seq <= ? AND image_id IS NOT NULL ORDER BY seq`,
      )
      .all(seq, Number(after), Number(last))
  }

  #turned({ isBack }: Bulk, { image_id: imageId, changes }: LoggedRow): BulkPart {
    const logged = (storedJson(changes) ?? EMPTY_CHANGE_SET) as ChangeSet | LoggedRename
    if (isLoggedRename(logged)) return { imageId, changes: this.#renamed(imageId, logged, isBack) }
    const wanted = isBack ? invertChangeSet(logged) : logged
    const now = this.#rows.readNamed(imageId, wanted)
    // An edit of many images may not be the last one of each.
    return { imageId, changes: rebaseChangeSet(now, onlyUntouched(now, wanted)) }
  }

  #renamed(imageId: string, { renamed }: LoggedRename, isBack: boolean): ChangeSet {
    const [was, is] = isBack ? [renamed.to, renamed.from] : [renamed.from, renamed.to]
    const ids = new Set(renamed.ids)
    const updated = this.#rows
      .readable(imageId)
      .annotations.filter(({ id, className }) => ids.has(id) && className === was)
      .map((before) => ({ before, after: { ...before, className: is } }))
    return { ...EMPTY_CHANGE_SET, updated }
  }
}
