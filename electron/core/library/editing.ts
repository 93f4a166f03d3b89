import { setImmediate } from 'node:timers/promises'
import type { Commit, Effect, Outcome } from '#core/cache/edit-store.ts'
import { storedAs } from '#core/cache/stored-json.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import { inPieces } from '#core/pieces.ts'
import type { Log } from '#core/ports.ts'
import type { Store } from '#core/store.ts'
import type { Works } from '#core/works.ts'
import {
  type Drafts,
  draftsSchema,
  type SavedView,
  viewSchema,
} from '#shared/contract/annotations.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import { annotationSchema, newId } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET, isEmptyChangeSet } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'

interface Deps {
  store: Pick<Store, 'datasets' | 'images' | 'edits'>
  events: EventBus
  coreEvents: CoreEvents
  log: Log
  works: Works
  /** Awaited between two transactions of bulk work. */
  pause: () => Promise<void>
  /** Ensures that labels are loaded before an image is shown. Throws a UserError. */
  prepare: (imageId: string) => Promise<void>
}

/** User edits of images and labels, for local and remote datasets alike. */
export class Editing {
  readonly #deps: Deps
  readonly #stop = new AbortController()
  #isGoing = false
  /** Never rejects. */
  #bulkDone: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
    // Whoever began an edit of all images: it is gone on with here.
    deps.coreEvents.on((event) => {
      if (event.type === 'edited' && event.outcome.bulk === 'part') this.#goOn()
    })
  }

  async open(imageId: string) {
    const { images, edits } = this.#deps.store
    await this.#deps.prepare(imageId)
    const settled = edits.settleImage(imageId)
    if (settled) this.#publish(settled)
    const { drafts, view } = images.state(imageId)
    return {
      image: images.get(imageId),
      ...this.#readable(imageId),
      drafts: draftsOf(drafts),
      view: viewOf(view),
      ...edits.canUndo(imageId),
    }
  }

  /** `drafts`: unfinished drawings after this edit; absent: unchanged. */
  commit(commit: Omit<Commit, 'origin'>, drafts?: Drafts) {
    const { edits } = this.#deps.store
    const outcome = edits.commit({ ...commit, origin: 'user' })
    if (drafts !== undefined) this.keepDrafts(commit.imageId, drafts)
    this.#publish(outcome)
    return { ...revisionsOf(outcome.effects[0]), ...edits.canUndo(commit.imageId) }
  }

  /** Edits several images as one step. */
  commitMany(
    datasetId: string,
    commitId: string,
    label: string,
    changes: readonly { imageId: string; changes: ChangeSet }[],
  ): { images: number } {
    const outcome = this.#deps.store.edits.commitMany(datasetId, commitId, label, changes)
    this.#publish(outcome)
    return { images: outcome.effects.length }
  }

  async undo(imageId: string, commitId: string) {
    await this.settled()
    return this.#turned(imageId, this.#deps.store.edits.undo(imageId, commitId))
  }

  async redo(imageId: string, commitId: string) {
    await this.settled()
    return this.#turned(imageId, this.#deps.store.edits.redo(imageId, commitId))
  }

  undoLabels(imageId: string) {
    return this.#deps.store.edits.canUndo(imageId)
  }

  /** A page of edits, latest first; `before`: the last edit of the previous page. */
  history(imageId: string, before: number | null = null) {
    const entries = this.#deps.store.edits.history(imageId, HISTORY_PAGE + 1, before)
    return { entries: entries.slice(0, HISTORY_PAGE), hasMore: entries.length > HISTORY_PAGE }
  }

  /**
   * Undoes or redoes until edit `seq` is the last one in effect; null: before the first. Each step is a separate
   * commit, and other calls are answered in between.
   */
  async goTo(imageId: string, seq: number | null): Promise<void> {
    const { edits } = this.#deps.store
    for (;;) {
      const { back, forward } = edits.stepsTo(imageId, seq ?? 0)
      const turned =
        back > 0
          ? await this.undo(imageId, newId())
          : forward > 0
            ? await this.redo(imageId, newId())
            : null
      if (!turned) return
      await setImmediate()
    }
  }

  keepDrafts(imageId: string, drafts: Drafts): void {
    const isEmpty = Object.keys(drafts).length === 0
    this.#deps.store.images.setDrafts(imageId, isEmpty ? null : JSON.stringify(drafts))
  }

  keepView(imageId: string, view: SavedView): void {
    this.#deps.store.images.setView(imageId, JSON.stringify(view))
  }

  images(datasetId: string, after: string | null, limit: number): DatasetImage[] {
    return this.#deps.store.images.page(datasetId, after, limit)
  }

  /** Which of the next images after a path have annotations of a class, and where to go on. */
  imagesWithClass(datasetId: string, className: string, after: string | null) {
    return this.#deps.store.images.withClass(datasetId, className, after, CLASS_PAGE)
  }

  /** Resolves when the classes and the first images are changed; the others follow. */
  async editClasses(datasetId: string, commitId: string, edit: ClassEdit): Promise<void> {
    await this.settled()
    this.#publish(this.#deps.store.edits.editClasses(datasetId, commitId, edit))
  }

  /** Continues bulk edits that an earlier run of the app left. */
  start(): void {
    if (this.#deps.store.edits.bulkDatasets().length > 0) this.#goOn()
  }

  /** Resolves when no bulk edit is running. */
  async settled(): Promise<void> {
    for (let done: Promise<void> | null = null; done !== this.#bulkDone; ) {
      done = this.#bulkDone
      await done
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#bulkDone
  }

  /** Runs in pieces, so that single edits can run in between. A failure is logged, and the next start continues. */
  #goOn(): void {
    if (this.#isGoing) return
    this.#isGoing = true
    this.#bulkDone = this.#bulkDone
      .then(() => this.#runBulks())
      .catch((error: unknown) =>
        this.#deps.log.error('an edit of all images stopped', { error: String(error) }),
      )
      .finally(() => {
        this.#isGoing = false
      })
  }

  async #runBulks(): Promise<void> {
    const { edits } = this.#deps.store
    for (let [datasetId] = edits.bulkDatasets(); datasetId; [datasetId] = edits.bulkDatasets()) {
      await this.#runBulk(datasetId)
      if (this.#stop.signal.aborted) return
      await setImmediate()
    }
  }

  /** Until the edit ends, or is cancelled: then what it has done is reverted, which is an edit of its own. */
  async #runBulk(datasetId: string): Promise<void> {
    const { store, works } = this.#deps
    const { edits } = store
    const label = edits.bulkProgress(datasetId)?.label ?? ''
    let isCancelled = false
    using work = works.begin({ datasetId, label, cancel: () => (isCancelled = true) })
    await inPieces(
      (images) => {
        const outcome = isCancelled
          ? edits.cancelBulk(datasetId, newId())
          : edits.continueBulk(datasetId, images)
        if (outcome) this.#publish(outcome)
        const progress = edits.bulkProgress(datasetId)
        if (progress) work.tell(progress.share)
        return !isCancelled && progress !== null
      },
      this.#stop.signal,
      this.#deps.pause,
    )
  }

  classCounts(datasetId: string): Record<string, number> {
    return Object.fromEntries(this.#deps.store.datasets.classCounts(datasetId))
  }

  /** An annotation that no longer fits the model stays in the library and does not hide the others. */
  #readable(imageId: string) {
    const { revision, annotations, damaged } = this.#deps.store.edits.readable(imageId)
    const readable = annotations.filter((item) => annotationSchema.safeParse(item).success)
    const left = damaged + annotations.length - readable.length
    if (left > 0)
      this.#deps.events.publish({
        type: 'notice',
        message: `${counted(left, 'annotation')} of this image cannot be shown: they cannot be read from the library, where they stay.`,
      })
    return { revision, annotations: readable }
  }

  #turned(imageId: string, outcome: Outcome | null) {
    const { edits } = this.#deps.store
    if (!outcome) return null
    this.#publish(outcome)
    const mine = outcome.effects.find((effect) => effect.imageId === imageId)
    const { revision, changes } = mine ?? {
      revision: edits.annotations(imageId).revision,
      changes: EMPTY_CHANGE_SET,
    }
    return {
      label: outcome.label,
      ...revisionsOf({ revision, changes }),
      changes,
      ...edits.canUndo(imageId),
    }
  }

  #publish(outcome: Outcome): void {
    this.#deps.coreEvents.publish({ type: 'edited', outcome, by: 'person' })
  }
}

/** The image's revision before and after an edit. An edit without changes makes no new revision. */
function revisionsOf({ revision, changes }: Pick<Effect, 'revision' | 'changes'>) {
  return { revision, baseRevision: isEmptyChangeSet(changes) ? revision : revision - 1 }
}

/** Images that are looked through for a class at a time: their annotations are read within a few milliseconds. */
const CLASS_PAGE = 500

/** Entries that the page asks for at a time. */
const HISTORY_PAGE = 200

const draftsOf = (text: string | null) => storedAs(text, draftsSchema, {})
const viewOf = (text: string | null) => storedAs(text, viewSchema.nullable(), null)
