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
import { EditLog, type LogRow } from './edit-log.ts'
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

const classChangeSchema = z.object({
  before: z.unknown().transform(mendClasses),
  after: z.unknown().transform(mendClasses),
})

/** Number of images that a bulk edit changes at once; few enough that nobody has to wait. */
const FIRST_IMAGES = 64

/** Where an image id lies among all ids, 0..1: ids are random, so as many images have come before it. */
const placeOf = (imageId: string) =>
  (Number.parseInt(imageId.replaceAll('-', '').slice(0, 8), 16) || 0) / 2 ** 32

type OnRename = (datasetId: string, from: string, to: string) => void

/**
 * All changes of annotations and classes go through here. One transaction writes the rows, the image's revision and
 * the edit log, so an acknowledged edit is durable.
 */
export class EditStore {
  readonly #db: Db
  readonly #datasets: DatasetRepository
  readonly #rows: AnnotationRows
  readonly #log: EditLog
  readonly #outbox: Outbox
  readonly #bulk: BulkEdits
  readonly #sweeper: ClassSweep
  readonly #firstImages: number
  readonly #onRename: OnRename

  /**
   * `firstImages`: number of images that a bulk edit changes at once; `continueBulk` does the others. `onRename` runs in the
   * transaction that renames a class, or takes the name back.
   */
  constructor(
    db: Db,
    datasets: DatasetRepository,
    firstImages = FIRST_IMAGES,
    onRename: OnRename = () => {},
  ) {
    this.#db = db
    this.#datasets = datasets
    this.#rows = new AnnotationRows(db)
    this.#log = new EditLog(db)
    this.#outbox = new Outbox(db)
    this.#bulk = new BulkEdits(db, this.#rows)
    this.#sweeper = new ClassSweep(db)
    this.#firstImages = firstImages
    this.#onRename = onRename
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
      undo: this.#log.next('done', imageId, image.dataset_id)?.label ?? null,
      redo: this.#log.next('undone', imageId, image.dataset_id)?.label ?? null,
    }
  }

  /** Commits an edit; rebases it if it is based on an older state. Throws a UserError if the image is gone. */
  commit(commit: Commit): Outcome {
    return this.#write(() => {
      const { revision, dataset_id: datasetId } = this.#image(commit.imageId)
      const nothing = { datasetId, label: commit.label, classesChanged: false }
      const before = this.#log.revisionOf(commit.commitId)
      const { imageId, commitId } = commit
      if (before !== null)
        return {
          ...nothing,
          effects: [{ imageId, commitId, revision: before, changes: EMPTY_CHANGE_SET }],
        }
      const settled = this.#settle(datasetId, imageId)
      const changes = rebaseChangeSet(this.#rows.readNamed(imageId, commit.changes), commit.changes)
      if (isEmptyChangeSet(changes) && !commit.isStep) {
        const now = settled.at(-1)?.revision ?? revision
        return { ...nothing, effects: [{ imageId, commitId, revision: now, changes }, ...settled] }
      }
      const isOurs = commit.origin !== 'sync'
      if (isOurs) this.#log.abandonUndone(imageId, datasetId)
      const classesChanged = this.#addMissingClasses(datasetId, changes, isOurs)
      const next = isOurs ? this.#apply(imageId, changes) : this.#take(imageId, changes)
      this.#log.add({ ...commit, datasetId, parent: null, revision: next, changes })
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
      if (this.#log.find(commitId)) return { datasetId, label, effects: [], classesChanged: false }
      this.#finishBulk(datasetId)
      const after = editClassList(before, edit)
      this.#log.abandonUndoneClasses(datasetId)
      const ops = opsOfEdit(edit, before, after)
      this.#datasets.setClasses(datasetId, after, ops, { commitId, isBack: false })
      this.#followRenames(datasetId, ops)
      const entry = { datasetId, label, origin: 'user' as const }
      const seq = this.#log.add({
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

  /** What the running bulk edit is called and how much of it is done, 0..1; null: there is none. */
  bulkProgress(datasetId: string): { label: string; share: number } | null {
    const bulk = this.#bulk.running(datasetId)
    if (!bulk) return null
    const { label, edit, isBack, seq, after } = bulk
    if (edit) return { label, share: placeOf(after) }
    const parts = this.#log.partsOf(seq)
    const share = parts
      ? Math.max(0, Number(after) - parts.first) / (parts.last - parts.first + 1)
      : 1
    return { label: `${isBack ? 'Undo' : 'Redo'}: ${label}`, share }
  }

  /**
   * Cancels the running bulk edit: what it has done so far is reverted, again as a bulk edit. Null if there is none.
   */
  cancelBulk(datasetId: string, commitId: string): Outcome | null {
    return this.#write(() => {
      const bulk = this.#bulk.stop(datasetId)
      const entry = bulk && this.#log.at(bulk.seq)
      if (!entry) return null
      const outcome = this.#turnEntry(entry, commitId, {
        isPushed: true,
        first: null,
        isAtOnce: false,
      })
      // Its log has only some of the images, so it cannot be redone. A cancelled undo can be repeated.
      if (bulk.edit) this.#log.setState(bulk.seq, 'abandoned')
      return outcome
    })
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
    this.#log.add({ ...child, origin: 'user' })
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
      if (this.#log.find(commitId)) return nothing
      const entry = { datasetId, label, origin: 'user' as const }
      // No class changes, so undo and redo leave the classes as they are.
      const changes = { before: [], after: [] }
      const own = { ...entry, commitId, imageId: null, parent: null, revision: 0, changes }
      const parent = this.#log.add(own)
      let classesChanged = false
      const effects = edits.flatMap(({ imageId, changes: wanted }): Effect[] => {
        this.#image(imageId)
        const settled = this.#settle(datasetId, imageId)
        const real = rebaseChangeSet(this.#rows.readNamed(imageId, wanted), wanted)
        if (isEmptyChangeSet(real)) return settled
        this.#log.abandonUndone(imageId, datasetId)
        classesChanged = this.#addMissingClasses(datasetId, real) || classesChanged
        const revision = this.#apply(imageId, real)
        const childId = `${commitId}/${imageId}`
        this.#log.add({ ...entry, commitId: childId, imageId, parent, revision, changes: real })
        return [...settled, { imageId, revision, changes: real, commitId: childId }]
      })
      // Nothing changed, so there is nothing to undo.
      if (effects.length === 0) this.#log.remove(parent)
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
    return this.#log.history(imageId, datasetId, limit, before)
  }

  /** The number of undos or redos until edit `seq` is the last one in effect; 0: before the first. */
  stepsTo(imageId: string, seq: number): { back: number; forward: number } {
    const { dataset_id: datasetId } = this.#image(imageId)
    return this.#log.stepsTo(imageId, datasetId, seq)
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

  #turn(state: 'done' | 'undone', imageId: string, commitId: string): Outcome | null {
    return this.#write(() => {
      const image = this.#image(imageId)
      const step = this.#log.next(state, imageId, image.dataset_id)
      const entry = step && this.#log.at(step.seq)
      return entry
        ? this.#turnEntry(entry, commitId, { isPushed: true, first: imageId, isAtOnce: false })
        : null
    })
  }

  /**
   * Undoes or redoes a class edit locally, with its label changes, without pushing it. Null if it already is in that
   * state or unknown.
   */
  setClassEdit(commitId: string, wanted: 'done' | 'undone', turnId: string): Outcome | null {
    return this.#write(() => {
      const entry = this.#log.find(commitId)
      const from = wanted === 'done' ? 'undone' : 'done'
      return entry?.image_id === null && entry.state === from
        ? this.#turnEntry(entry, turnId, { isPushed: false, first: null, isAtOnce: true })
        : null
    })
  }

  /** Images that an edit of the classes or of many images changed. */
  imagesOfEdit(commitId: string): string[] {
    return this.#log.imagesOf(commitId)
  }

  /** Ids of a dataset's images that use a class. */
  imagesWithClass(datasetId: string, className: string): string[] {
    return this.#rows.imagesWithClass(datasetId, className)
  }

  /**
   * Undoes or redoes an edit. `isPushed`: its class changes are pushed, too. `first`: the image where the user
   * requested it, which comes first. `isAtOnce`: no image is left to `continueBulk`.
   */
  #turnEntry(
    entry: LogRow,
    commitId: string,
    { isPushed, first, isAtOnce }: { isPushed: boolean; first: string | null; isAtOnce: boolean },
  ): Outcome {
    const { seq, dataset_id: datasetId, label } = entry
    const back = entry.state === 'done'
    const turned = { datasetId, label, turned: { commitId: entry.commit_id, back } }
    this.#log.setState(seq, back ? 'undone' : 'done')
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
    const settled = first === null ? [] : this.#settle(datasetId, first)
    const count = isAtOnce ? Number.MAX_SAFE_INTEGER : this.#firstImages
    const others = this.#begun(datasetId, count)
    return { ...others, ...turned, effects: [...settled, ...others.effects], classesChanged: true }
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
    this.#followRenames(entry.dataset_id, steps)
  }

  #followRenames(datasetId: string, ops: readonly ClassOp[]): void {
    for (const op of ops) if (op.kind === 'rename') this.#onRename(datasetId, op.from, op.to)
  }

  /** Applies a local change and queues it for push if the dataset is remote. An empty step queues nothing. */
  #apply(imageId: string, changes: ChangeSet): number {
    if (isEmptyChangeSet(changes)) return this.#image(imageId).revision
    this.#outbox.queueImage(imageId, 'annotations')
    return this.#take(imageId, changes)
  }

  #take(imageId: string, changes: ChangeSet): number {
    const revision = this.#rows.touch(imageId, changes)
    this.#rows.write(imageId, revision, changes)
    return revision
  }

  /** An annotation's class must exist, so add missing ones again. */
  #addMissingClasses(datasetId: string, changes: ChangeSet, isOurs = true): boolean {
    const classes = this.#datasets.classes(datasetId)
    const names = [...changes.created, ...changes.updated.map(({ after }) => after)].map(
      ({ className }) => className,
    )
    const next: AnnotationClass[] = withClassNames(classes, names)
    if (sameValue(next, classes)) return false
    if (isOurs) this.#datasets.addClasses(datasetId, next.slice(classes.length))
    else this.#datasets.takeClasses(datasetId, next)
    return true
  }
}
