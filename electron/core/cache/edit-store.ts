import { z } from 'zod'
import { UserError } from '#core/user-error.ts'
import type { EditOrigin, HistoryEntry } from '#shared/contract/annotations.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import {
  type ChangeSet,
  EMPTY_CHANGE_SET,
  invertChangeSet,
  isEmptyChangeSet,
  rebaseChangeSet,
  sameValue,
} from '#shared/model/change-set.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { AnnotationRows } from './annotation-rows.ts'
import { type Bulk, BulkEdits, type BulkPart, type NextParts } from './bulk-edits.ts'
import { describeClassEdit, editClassList, restoreClasses } from './class-edit.ts'
import { applyClassOps, type ClassOp, inverseOps, opsOfEdit } from './class-ops.ts'
import { ClassSweep } from './class-sweep.ts'
import { type Db, inRepeatableTransaction } from './database.ts'
import type { DatasetRepository } from './dataset-repository.ts'
import { Outbox } from './outbox.ts'

export interface Commit {
  /** Chosen by the caller. The same id again changes nothing and returns the first result. */
  commitId: string
  imageId: string
  changes: ChangeSet
  label: string
  origin: EditOrigin
  /** The edit is an undo step even if it changes no annotation. */
  isStep?: boolean
}

/** What an edit did to one image. */
export interface Effect {
  imageId: string
  revision: number
  changes: ChangeSet
  commitId: string
}

export interface Outcome {
  datasetId: string
  label: string
  effects: Effect[]
  classesChanged: boolean
  /** Images that changed in addition to those in `effects`. */
  images?: readonly string[]
  /** For an edit of many images: more parts follow, or this is the last one. */
  bulk?: 'part' | 'last'
  /** For undo and redo: the commit that was undone or redone. */
  turned?: { commitId: string; back: boolean }
}

interface LogRow {
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

const classChangeSchema = z.object({
  before: z.unknown().transform(mendClasses),
  after: z.unknown().transform(mendClasses),
})

/** Number of images that a bulk edit changes at once; few enough that nobody has to wait. */
const FIRST_IMAGES = 64

/** The edits that undo and redo of an image include: its own, and those of the dataset's classes. */
const SCOPE = `parent IS NULL AND
  (image_id = $imageId OR (image_id IS NULL AND dataset_id = $datasetId))`

/**
 * All changes of annotations and classes go through here. One transaction writes the rows, the image's revision and
 * the edit log, so an acknowledged edit is durable.
 */
export class EditStore {
  readonly #db: Db
  readonly #datasets: DatasetRepository
  readonly #rows: AnnotationRows
  readonly #outbox: Outbox
  readonly #bulk: BulkEdits
  readonly #sweeper: ClassSweep
  readonly #firstImages: number

  /** `firstImages`: number of images that a bulk edit changes at once; `continueBulk` does the others. */
  constructor(db: Db, datasets: DatasetRepository, firstImages = FIRST_IMAGES) {
    this.#db = db
    this.#datasets = datasets
    this.#rows = new AnnotationRows(db)
    this.#outbox = new Outbox(db)
    this.#bulk = new BulkEdits(db, this.#rows)
    this.#sweeper = new ClassSweep(db)
    this.#firstImages = firstImages
  }

  annotations(imageId: string): { revision: number; annotations: Annotation[] } {
    const { revision } = this.#image(imageId)
    return { revision, annotations: this.#rows.read(imageId) }
  }

  /** The same, leaving out damaged annotations. */
  readable(imageId: string): { revision: number; annotations: Annotation[]; damaged: number } {
    const { revision } = this.#image(imageId)
    return { revision, ...this.#rows.readable(imageId) }
  }

  canUndo(imageId: string): { undo: string | null; redo: string | null } {
    const image = this.#image(imageId)
    return {
      undo: this.#next('done', imageId, image.dataset_id)?.label ?? null,
      redo: this.#next('undone', imageId, image.dataset_id)?.label ?? null,
    }
  }

  /** Commits an edit; rebases it if it is based on an older state. Throws a UserError if the image is gone. */
  commit(commit: Commit): Outcome {
    return this.#write(() => {
      const { revision, dataset_id: datasetId } = this.#image(commit.imageId)
      const nothing = { datasetId, label: commit.label, classesChanged: false }
      const before = this.#db
        .prepare<[string], { revision: number }>(
          'SELECT revision FROM edit_log WHERE commit_id = ?',
        )
        .get(commit.commitId)
      const { imageId, commitId } = commit
      if (before)
        return {
          ...nothing,
          effects: [{ imageId, commitId, revision: before.revision, changes: EMPTY_CHANGE_SET }],
        }
      const settled = this.#settle(datasetId, imageId)
      const changes = rebaseChangeSet(this.#rows.readNamed(imageId, commit.changes), commit.changes)
      if (isEmptyChangeSet(changes) && !commit.isStep) {
        const now = settled.at(-1)?.revision ?? revision
        return { ...nothing, effects: [{ imageId, commitId, revision: now, changes }, ...settled] }
      }
      const isOurs = commit.origin !== 'sync'
      if (isOurs) this.#abandonUndone(imageId, datasetId)
      const classesChanged = this.#addMissingClasses(datasetId, changes, isOurs)
      const next = isOurs ? this.#apply(imageId, changes) : this.#take(imageId, changes)
      this.#log({ ...commit, datasetId, parent: null, revision: next, changes })
      return {
        ...nothing,
        classesChanged,
        effects: [{ imageId, commitId, revision: next, changes }, ...settled],
      }
    })
  }

  /** Adds, renames, recolours or deletes a class, with its annotations everywhere. One undoable edit. */
  editClasses(datasetId: string, commitId: string, edit: ClassEdit): Outcome {
    return this.#write(() => {
      const label = describeClassEdit(edit)
      const before = this.#datasets.get(datasetId).classes
      const known = this.#db.prepare('SELECT 1 FROM edit_log WHERE commit_id = ?').get(commitId)
      if (known) return { datasetId, label, effects: [], classesChanged: false }
      this.#finishBulk(datasetId)
      const after = editClassList(before, edit)
      this.#abandonUndoneClasses(datasetId)
      const ops = opsOfEdit(edit, before, after)
      this.#datasets.setClasses(datasetId, after, ops, { commitId, isBack: false })
      const entry = { datasetId, label, origin: 'user' as const }
      const seq = this.#log({
        ...entry,
        commitId,
        imageId: null,
        parent: null,
        revision: 0,
        changes: { before, after, ops },
      })
      this.#bulk.begin({ datasetId, seq, commitId, label, edit, isBack: false })
      return {
        ...this.#begun(datasetId, this.#firstImages),
        datasetId,
        label,
        classesChanged: true,
      }
    })
  }

  /** Datasets with a running bulk edit; `continueBulk` continues it. */
  bulkDatasets(): string[] {
    return this.#bulk.datasets()
  }

  /** Applies the running bulk edit to the next images, at most `count`; null if there is none. */
  continueBulk(datasetId: string, count: number): Outcome | null {
    return this.#orReload(() =>
      inRepeatableTransaction(this.#db, () => this.#sweep(datasetId, count)),
    )
  }

  /** Applies the running bulk edit to an image that is about to be shown. */
  settleImage(imageId: string): Outcome | null {
    if (this.#bulk.datasets().length === 0) return null
    return this.#write(() => {
      const { dataset_id: datasetId } = this.#image(imageId)
      const effects = this.#settle(datasetId, imageId)
      return effects.length > 0
        ? { datasetId, label: '', effects, classesChanged: false, bulk: 'part' }
        : null
    })
  }

  #goOn(datasetId: string, count: number): Outcome | null {
    const next = this.#bulk.next(datasetId, count)
    return next && this.#applyNext(next)
  }

  /** The same with as few statements as possible, and without reporting the changes of each image. */
  #sweep(datasetId: string, count: number): Outcome | null {
    const next = this.#bulk.next(datasetId, count)
    if (!next) return null
    const { bulk, images, settled, after, last, isLast } = next
    if (bulk.edit) this.#sweeper.make(bulk, images)
    else if (this.#bulk.areRenames(next))
      this.#sweeper.turn(bulk, Number(after), Number(last), settled)
    else return this.#applyNext(next)
    const nothing = { datasetId, label: bulk.label, effects: [], classesChanged: false }
    return { ...nothing, images, bulk: isLast ? 'last' : 'part' }
  }

  #applyNext(next: NextParts): Outcome {
    const { bulk, isLast } = next
    const { datasetId, label } = bulk
    const effects = this.#bulk.partsOf(next).map((part) => this.#applyPart(bulk, part))
    // Undoing a deletion may restore annotations of a class that somebody deleted since.
    const classesChanged = this.#addMissingClasses(datasetId, {
      created: effects.flatMap(({ changes }) => changes.created),
      updated: effects.flatMap(({ changes }) => changes.updated),
      deleted: [],
    })
    return { datasetId, label, effects, classesChanged, bulk: isLast ? 'last' : 'part' }
  }

  /** Changes the first images of a new bulk edit; if these are all, nothing follows. */
  #begun(datasetId: string, count: number): Pick<Outcome, 'effects' | 'bulk'> {
    const first = this.#goOn(datasetId, count)
    return { effects: first?.effects ?? [], ...(first?.bulk === 'part' && { bulk: 'part' }) }
  }

  #finishBulk(datasetId: string): void {
    this.#goOn(datasetId, Number.MAX_SAFE_INTEGER)
  }

  #settle(datasetId: string, imageId: string): Effect[] {
    const settled = this.#bulk.settle(datasetId, imageId)
    return settled ? settled.parts.map((part) => this.#applyPart(settled.bulk, part)) : []
  }

  #applyPart(bulk: Bulk, { imageId, changes }: BulkPart): Effect {
    const { datasetId, seq: parent, label, edit, commitId } = bulk
    const revision = this.#apply(imageId, changes)
    if (edit === null) return { imageId, revision, changes, commitId }
    const childId = `${commitId}/${imageId}`
    const child = { commitId: childId, datasetId, imageId, parent, label, revision, changes }
    this.#log({ ...child, origin: 'user' })
    return { imageId, revision, changes, commitId: childId }
  }

  /** Edits several images of a dataset as one step: one undo reverts all of them. */
  commitMany(
    datasetId: string,
    commitId: string,
    label: string,
    edits: readonly { imageId: string; changes: ChangeSet }[],
  ): Outcome {
    return this.#write(() => {
      const nothing = { datasetId, label, effects: [], classesChanged: false }
      const known = this.#db.prepare('SELECT 1 FROM edit_log WHERE commit_id = ?').get(commitId)
      if (known) return nothing
      const entry = { datasetId, label, origin: 'user' as const }
      // No class changes, so undo and redo leave the classes as they are.
      const changes = { before: [], after: [] }
      const own = { ...entry, commitId, imageId: null, parent: null, revision: 0, changes }
      const parent = this.#log(own)
      let classesChanged = false
      const effects = edits.flatMap(({ imageId, changes: wanted }): Effect[] => {
        this.#image(imageId)
        const settled = this.#settle(datasetId, imageId)
        const real = rebaseChangeSet(this.#rows.readNamed(imageId, wanted), wanted)
        if (isEmptyChangeSet(real)) return settled
        this.#abandonUndone(imageId, datasetId)
        classesChanged = this.#addMissingClasses(datasetId, real) || classesChanged
        const revision = this.#apply(imageId, real)
        const childId = `${commitId}/${imageId}`
        this.#log({ ...entry, commitId: childId, imageId, parent, revision, changes: real })
        return [...settled, { imageId, revision, changes: real, commitId: childId }]
      })
      // Nothing changed, so there is nothing to undo.
      if (effects.length === 0) this.#db.prepare('DELETE FROM edit_log WHERE seq = ?').run(parent)
      return { ...nothing, effects, classesChanged }
    })
  }

  /** Undoes the last edit of the image or of the classes; null if there is none. */
  undo(imageId: string, commitId: string): Outcome | null {
    return this.#turn('done', imageId, commitId)
  }

  redo(imageId: string, commitId: string): Outcome | null {
    return this.#turn('undone', imageId, commitId)
  }

  /** The edits of an image, latest first, with their undo state. */
  history(imageId: string, limit: number, before: number | null = null): HistoryEntry[] {
    const { dataset_id: datasetId } = this.#image(imageId)
    return this.#db
      .prepare<unknown[], LogRow>(
        `SELECT * FROM edit_log WHERE ${SCOPE} AND (state <> 'abandoned' OR origin = 'sync')
           AND ($before IS NULL OR seq < $before)
         ORDER BY seq DESC LIMIT $limit`,
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
  stepsTo(imageId: string, seq: number): { back: number; forward: number } {
    const { dataset_id: datasetId } = this.#image(imageId)
    const steps = this.#db
      .prepare<unknown[], { back: number; forward: number }>(
        `SELECT count(*) FILTER (WHERE state = 'done' AND seq > $seq) AS back,
                count(*) FILTER (WHERE state = 'undone' AND seq <= $seq) AS forward
         FROM edit_log WHERE ${SCOPE}`,
      )
      .get({ imageId, datasetId, seq })
    return steps ?? { back: 0, forward: 0 }
  }

  /** One transaction: everything that `work` does in this database happens completely or not at all. */
  together<T>(work: () => T): T {
    return this.#write(work)
  }

  #write<T>(work: () => T): T {
    return this.#orReload(() => this.#db.transaction(work).immediate())
  }

  #orReload<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.#bulk.reload()
      throw error
    }
  }

  #image(imageId: string): { revision: number; dataset_id: string } {
    const row = this.#db
      .prepare<[string], { revision: number; dataset_id: string }>(
        'SELECT revision, dataset_id FROM image WHERE id = ?',
      )
      .get(imageId)
    if (!row) throw new UserError('image_gone', 'This image is no longer in the library.')
    return row
  }

  /**
   * The next edit to undo or redo. An edit of the whole dataset can be undone only until another image is edited,
   * because after that the user no longer has it in mind.
   */
  #next(state: 'done' | 'undone', imageId: string, datasetId: string): LogRow | undefined {
    const last = this.#end(state, imageId, datasetId, true)
    if (state === 'undone' || last?.image_id !== null) return last
    const since = this.#db
      .prepare(
        `SELECT 1 FROM edit_log WHERE dataset_id = ? AND seq > ? AND image_id <> ?
           AND parent IS NULL AND image_id IS NOT NULL AND state = 'done' LIMIT 1`,
      )
      .get(datasetId, last.seq, imageId)
    return since ? this.#end(state, imageId, datasetId, false) : last
  }

  #end(
    state: 'done' | 'undone',
    imageId: string,
    datasetId: string,
    withDataset: boolean,
  ): LogRow | undefined {
    const end = state === 'done' ? 'max' : 'min'
    // Two look-ups, each at the end of an index, so the cost does not grow with the log.
    return this.#db
      .prepare<unknown[], LogRow>(
        `SELECT * FROM edit_log WHERE seq = (SELECT ${end}(seq) FROM (
           SELECT ${end}(seq) AS seq FROM edit_log
             WHERE image_id = $imageId AND state = $state AND parent IS NULL
           UNION ALL
           SELECT ${end}(seq) FROM edit_log
             WHERE dataset_id = $datasetId AND state = $state AND image_id IS NULL AND $withDataset))`,
      )
      .get({ imageId, datasetId, state, withDataset: withDataset ? 1 : 0 })
  }

  #turn(state: 'done' | 'undone', imageId: string, commitId: string): Outcome | null {
    return this.#write(() => {
      const image = this.#image(imageId)
      const entry = this.#next(state, imageId, image.dataset_id)
      return entry ? this.#turnEntry(entry, commitId, { isPushed: true, imageId }) : null
    })
  }

  /**
   * Undoes or redoes a class edit locally, with its label changes, without pushing it. Null if it already is in that
   * state or unknown.
   */
  setClassEdit(commitId: string, wanted: 'done' | 'undone', turnId: string): Outcome | null {
    return this.#write(() => {
      const entry = this.#db
        .prepare<[string], LogRow>(
          'SELECT * FROM edit_log WHERE commit_id = ? AND image_id IS NULL',
        )
        .get(commitId)
      const from = wanted === 'done' ? 'undone' : 'done'
      return entry?.state === from
        ? this.#turnEntry(entry, turnId, { isPushed: false, imageId: null })
        : null
    })
  }

  /** Images that an edit of the classes or of many images changed. */
  imagesOfEdit(commitId: string): string[] {
    return this.#db
      .prepare<[string], { image_id: string }>(
        `SELECT DISTINCT image_id FROM edit_log
         WHERE parent = (SELECT seq FROM edit_log WHERE commit_id = ?) AND image_id IS NOT NULL`,
      )
      .all(commitId)
      .map(({ image_id }) => image_id)
  }

  /** Ids of a dataset's images that use a class. */
  imagesWithClass(datasetId: string, className: string): string[] {
    return this.#rows.imagesWithClass(datasetId, className)
  }

  /**
   * Undoes or redoes an edit. `isPushed`: its class changes are pushed, too. `imageId`: the image where the user
   * requested it, which comes first; null: all images at once.
   */
  #turnEntry(
    entry: LogRow,
    commitId: string,
    { isPushed, imageId }: { isPushed: boolean; imageId: string | null },
  ): Outcome {
    const { seq, dataset_id: datasetId, label } = entry
    const back = entry.state === 'done'
    const turned = { datasetId, label, turned: { commitId: entry.commit_id, back } }
    this.#db
      .prepare('UPDATE edit_log SET state = ? WHERE seq = ?')
      .run(back ? 'undone' : 'done', seq)
    if (entry.image_id !== null) {
      const effects = this.#turnImage(entry.image_id, entry.changes, back, commitId)
      const classesChanged = effects
        .map(({ changes }) => this.#addMissingClasses(datasetId, changes))
        .includes(true)
      return { ...turned, effects, classesChanged }
    }
    this.#finishBulk(datasetId)
    this.#turnClasses(entry, back, isPushed)
    this.#bulk.begin({ datasetId, seq, commitId, label, edit: null, isBack: back })
    const first = imageId === null ? [] : this.#settle(datasetId, imageId)
    const count = imageId === null ? Number.MAX_SAFE_INTEGER : this.#firstImages
    const others = this.#begun(datasetId, count)
    return { ...others, ...turned, effects: [...first, ...others.effects], classesChanged: true }
  }

  #turnImage(imageId: string, logged: string, back: boolean, commitId: string): Effect[] {
    const { dataset_id: datasetId } = this.#image(imageId)
    const settled = this.#settle(datasetId, imageId)
    const made = JSON.parse(logged) as ChangeSet
    const wanted = back ? invertChangeSet(made) : made
    const changes = rebaseChangeSet(this.#rows.readNamed(imageId, wanted), wanted)
    const revision = this.#apply(imageId, changes)
    return [{ imageId, revision, changes, commitId }, ...settled]
  }

  #turnClasses(entry: LogRow, back: boolean, isPushed: boolean): void {
    const logged = JSON.parse(entry.changes)
    const { before, after } = classChangeSchema.parse(logged)
    const ops = (logged.ops ?? []) as ClassOp[]
    const { classes: current, remote } = this.#datasets.get(entry.dataset_id)
    const steps = back ? inverseOps(ops) : ops
    // Other people may have changed a shared class list, so revert only the operations, not the list.
    const next = remote
      ? applyClassOps(current, steps)
      : back
        ? restoreClasses(current, after, before)
        : restoreClasses(current, before, after)
    const of = { commitId: entry.commit_id, isBack: back }
    this.#datasets.setClasses(entry.dataset_id, next, isPushed ? steps : [], of)
  }

  /** Applies a local change and queues it for push if the dataset is remote. An empty step queues nothing. */
  #apply(imageId: string, changes: ChangeSet): number {
    if (isEmptyChangeSet(changes)) return this.#image(imageId).revision
    this.#outbox.queueImage(imageId, 'annotations')
    return this.#take(imageId, changes)
  }

  #take(imageId: string, changes: ChangeSet): number {
    this.#rows.write(imageId, changes)
    return this.#rows.touch(imageId, changes)
  }

  /** A new edit abandons everything that could have been redone. The entries stay in the log. */
  #abandonUndone(imageId: string, datasetId: string): void {
    this.#db
      .prepare(
        `UPDATE edit_log SET state = 'abandoned'
         WHERE image_id = ? AND state = 'undone' AND parent IS NULL`,
      )
      .run(imageId)
    this.#abandonUndoneClasses(datasetId)
  }

  #abandonUndoneClasses(datasetId: string): void {
    this.#db
      .prepare(
        `UPDATE edit_log SET state = 'abandoned'
         WHERE dataset_id = ? AND state = 'undone' AND image_id IS NULL`,
      )
      .run(datasetId)
  }

  /** An annotation's class must exist, so add missing ones again. */
  #addMissingClasses(datasetId: string, changes: ChangeSet, isOurs = true): boolean {
    const classes = this.#datasets.get(datasetId).classes
    const names = [...changes.created, ...changes.updated.map(({ after }) => after)].map(
      ({ className }) => className,
    )
    const next: AnnotationClass[] = withClassNames(classes, names)
    if (sameValue(next, classes)) return false
    if (isOurs) this.#datasets.addClasses(datasetId, next.slice(classes.length))
    else this.#datasets.takeClasses(datasetId, next)
    return true
  }

  #log(entry: {
    commitId: string
    datasetId: string
    imageId: string | null
    parent: number | null
    label: string
    origin: EditOrigin
    changes: unknown
    revision: number
  }): number {
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
}
