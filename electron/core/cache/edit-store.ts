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
  onlyUntouched,
  rebaseChangeSet,
  sameValue,
} from '#shared/model/change-set.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { AnnotationRows } from './annotation-rows.ts'
import {
  classEditChanges,
  describeClassEdit,
  editClassList,
  restoreClasses,
  touchedClass,
} from './class-edit.ts'
import { applyClassOps, type ClassOp, inverseOps, opsOfEdit } from './class-ops.ts'
import type { Db } from './database.ts'
import type { DatasetRepository } from './dataset-repository.ts'
import { Outbox } from './outbox.ts'

export interface Commit {
  /** Chosen by the caller; the same id a second time changes nothing and gets the first answer. */
  commitId: string
  imageId: string
  changes: ChangeSet
  label: string
  origin: EditOrigin
  /** It is a step to be taken back even if it changes no annotation. */
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
  /** Of a step back or forward: the commit that was taken back or done again. */
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

/** The edits that undo and redo see from one image: its own, and those of the dataset's classes. */
const SCOPE = `parent IS NULL AND
  (image_id = $imageId OR (image_id IS NULL AND dataset_id = $datasetId))`

/**
 * Every change of annotations and classes goes through here: one transaction writes the rows, the
 * image's revision and the edit log, so that an answer means "it survives".
 */
export class EditStore {
  readonly #db: Db
  readonly #datasets: DatasetRepository
  readonly #rows: AnnotationRows
  readonly #outbox: Outbox

  constructor(db: Db, datasets: DatasetRepository) {
    this.#db = db
    this.#datasets = datasets
    this.#rows = new AnnotationRows(db)
    this.#outbox = new Outbox(db)
  }

  annotations(imageId: string): { revision: number; annotations: Annotation[] } {
    const { revision } = this.#image(imageId)
    return { revision, annotations: this.#rows.read(imageId) }
  }

  /** The same where some of it is damaged: what can be shown. */
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

  /** What was made on an older state is carried over to what there is now. Throws a UserError when the image is gone. */
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
      const changes = rebaseChangeSet(this.#rows.readNamed(imageId, commit.changes), commit.changes)
      if (isEmptyChangeSet(changes) && !commit.isStep)
        return { ...nothing, effects: [{ imageId, commitId, revision, changes }] }
      const isOurs = commit.origin !== 'sync'
      if (isOurs) this.#abandonUndone(imageId, datasetId)
      const classesChanged = this.#addMissingClasses(datasetId, changes, isOurs)
      const next = isOurs ? this.#apply(imageId, changes) : this.#take(imageId, changes)
      this.#log({ ...commit, datasetId, parent: null, revision: next, changes })
      return {
        ...nothing,
        classesChanged,
        effects: [{ imageId, commitId, revision: next, changes }],
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
      const after = editClassList(before, edit)
      this.#abandonUndoneClasses(datasetId)
      const ops = opsOfEdit(edit, before, after)
      this.#datasets.setClasses(datasetId, after, ops, { commitId, isBack: false })
      const entry = { datasetId, label, origin: 'user' as const }
      const parent = this.#log({
        ...entry,
        commitId,
        imageId: null,
        parent: null,
        revision: 0,
        changes: { before, after, ops },
      })
      const touched = touchedClass(edit)
      const images = touched === null ? [] : this.#rows.imagesWithClass(datasetId, touched)
      const effects = images.map((imageId): Effect => {
        const changes = classEditChanges(this.#rows.read(imageId), edit)
        const revision = this.#apply(imageId, changes)
        const childId = `${commitId}/${imageId}`
        this.#log({ ...entry, commitId: childId, imageId, parent, revision, changes })
        return { imageId, revision, changes, commitId: childId }
      })
      return { datasetId, label, effects, classesChanged: true }
    })
  }

  /** Edits several images of a dataset as one: one undo takes it back on all of them. */
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
      // It changes no class: going back or forward leaves them as they are.
      const changes = { before: [], after: [] }
      const own = { ...entry, commitId, imageId: null, parent: null, revision: 0, changes }
      const parent = this.#log(own)
      let classesChanged = false
      const effects = edits.flatMap(({ imageId, changes: wanted }): Effect[] => {
        this.#image(imageId)
        const real = rebaseChangeSet(this.#rows.readNamed(imageId, wanted), wanted)
        if (isEmptyChangeSet(real)) return []
        this.#abandonUndone(imageId, datasetId)
        classesChanged = this.#addMissingClasses(datasetId, real) || classesChanged
        const revision = this.#apply(imageId, real)
        const childId = `${commitId}/${imageId}`
        this.#log({ ...entry, commitId: childId, imageId, parent, revision, changes: real })
        return [{ imageId, revision, changes: real, commitId: childId }]
      })
      // Nothing happened: there is nothing to take back.
      if (effects.length === 0) this.#db.prepare('DELETE FROM edit_log WHERE seq = ?').run(parent)
      return { ...nothing, effects, classesChanged }
    })
  }

  /** Takes back the last edit of the image or of the classes; null when there is none. */
  undo(imageId: string, commitId: string): Outcome | null {
    return this.#turn('done', imageId, commitId)
  }

  redo(imageId: string, commitId: string): Outcome | null {
    return this.#turn('undone', imageId, commitId)
  }

  /** The edits of an image, latest first, with where the image stands among them. */
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

  /** How many undos, or redos, lead to where the edit `seq` is the last that holds; 0: to before the first. */
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

  /** Several writes as one: what `work` does here and in the same database happens whole or not at all. */
  together<T>(work: () => T): T {
    return this.#write(work)
  }

  #write<T>(work: () => T): T {
    return this.#db.transaction(work).immediate()
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
   * The next edit to take back or to do again. An edit of the whole dataset is only taken back while nothing
   * was edited on another image since: who presses undo there does not think of it any more.
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
    // Two look-ups, each the end of an index: the cost does not grow with the log.
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
      return entry ? this.#turnEntry(entry, commitId, { isPushed: true }) : null
    })
  }

  /**
   * Brings an edit of the classes, with all that it did to labels, to be taken back or done here, without a word to the
   * service. Null where it is so already, or is not known.
   */
  setClassEdit(commitId: string, wanted: 'done' | 'undone', turnId: string): Outcome | null {
    return this.#write(() => {
      const entry = this.#db
        .prepare<[string], LogRow>(
          'SELECT * FROM edit_log WHERE commit_id = ? AND image_id IS NULL',
        )
        .get(commitId)
      const from = wanted === 'done' ? 'undone' : 'done'
      return entry?.state === from ? this.#turnEntry(entry, turnId, { isPushed: false }) : null
    })
  }

  /** Images that an edit of the classes, or of many images, changed. */
  imagesOfEdit(commitId: string): string[] {
    return this.#db
      .prepare<[string], { image_id: string }>(
        `SELECT DISTINCT image_id FROM edit_log
         WHERE parent = (SELECT seq FROM edit_log WHERE commit_id = ?) AND image_id IS NOT NULL`,
      )
      .all(commitId)
      .map(({ image_id }) => image_id)
  }

  /** Images of a dataset that use a class. */
  imagesWithClass(datasetId: string, className: string): string[] {
    return this.#rows.imagesWithClass(datasetId, className)
  }

  /** Takes an edit back, or does it again. `isPushed`: the service is to hear of what that does to the classes. */
  #turnEntry(entry: LogRow, commitId: string, { isPushed }: { isPushed: boolean }): Outcome {
    const back = entry.state === 'done'
    const parts = this.#db
      .prepare<[number, number], LogRow>(
        'SELECT * FROM edit_log WHERE (seq = ? AND image_id IS NOT NULL) OR parent = ?',
      )
      .all(entry.seq, entry.seq)
    const effects = parts.flatMap((part): Effect[] => {
      if (part.image_id === null) return []
      const logged = JSON.parse(part.changes) as ChangeSet
      const wanted = back ? invertChangeSet(logged) : logged
      const now = this.#rows.readNamed(part.image_id, wanted)
      // An edit of many images may not be the last one of each.
      const open = entry.image_id === null ? onlyUntouched(now, wanted) : wanted
      const changes = rebaseChangeSet(now, open)
      const revision = this.#apply(part.image_id, changes)
      return [{ imageId: part.image_id, revision, changes, commitId }]
    })
    let classesChanged = this.#turnClasses(entry, back, isPushed)
    for (const { changes } of effects)
      classesChanged = this.#addMissingClasses(entry.dataset_id, changes) || classesChanged
    this.#db
      .prepare('UPDATE edit_log SET state = ? WHERE seq = ?')
      .run(back ? 'undone' : 'done', entry.seq)
    return {
      datasetId: entry.dataset_id,
      label: entry.label,
      effects,
      classesChanged,
      turned: { commitId: entry.commit_id, back },
    }
  }

  #turnClasses(entry: LogRow, back: boolean, isPushed: boolean): boolean {
    if (entry.image_id !== null) return false
    const logged = JSON.parse(entry.changes)
    const { before, after } = classChangeSchema.parse(logged)
    const ops = (logged.ops ?? []) as ClassOp[]
    const { classes: current, remote } = this.#datasets.get(entry.dataset_id)
    const steps = back ? inverseOps(ops) : ops
    // Others may have changed the list of a shared dataset: only the steps are taken back, not the list.
    const next = remote
      ? applyClassOps(current, steps)
      : back
        ? restoreClasses(current, after, before)
        : restoreClasses(current, before, after)
    const of = { commitId: entry.commit_id, isBack: back }
    this.#datasets.setClasses(entry.dataset_id, next, isPushed ? steps : [], of)
    return true
  }

  /** A change made here, which the service, where there is one, has to be told. A step without one tells nothing. */
  #apply(imageId: string, changes: ChangeSet): number {
    if (isEmptyChangeSet(changes)) return this.#image(imageId).revision
    this.#outbox.queueImage(imageId, 'annotations')
    return this.#take(imageId, changes)
  }

  #take(imageId: string, changes: ChangeSet): number {
    this.#rows.write(imageId, changes)
    return this.#rows.touch(imageId, changes)
  }

  /** A new edit ends what could have been redone. The entries stay in the log. */
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

  /** An annotation never points to a class that is not there: what an edit needs comes back. */
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
        // What others did is in the history, but not for undo to take back.
        entry.origin === 'sync' ? 'abandoned' : 'done',
        entry.revision,
        Date.now(),
      )
    return Number(lastInsertRowid)
  }
}
