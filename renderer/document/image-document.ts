import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DraftData, Drafts, OpenedDocument, SavedView } from '#shared/contract/annotations.ts'
import type { AppEvent } from '#shared/contract/events.ts'
import { newId } from '#shared/model/annotation.ts'
import {
  applyChangeSet,
  type ChangeSet,
  diffAnnotations,
  isEmptyChangeSet,
  rebaseChangeSet,
} from '#shared/model/change-set.ts'
import { AnnotationStore } from './annotation-store.ts'
import type { Autosave } from './autosave.ts'
import type { Committed, DocumentBackend, Turned } from './backend.ts'
import type { DraftSaver } from './draft-saver.ts'

interface HistoryState {
  /** Labels of the next undo and redo. */
  undo: string | null
  redo: string | null
}

/** The drafts with one tool's changed; null removes it. */
export function withDraft(drafts: Drafts, toolId: string, data: DraftData | null): Drafts {
  const { [toolId]: _old, ...others } = drafts
  return data === null ? others : { ...others, [toolId]: data }
}

/** The open image: its annotations, its history, and saving its edits. */
export class ImageDocument {
  readonly image: OpenedDocument['image']
  readonly annotations: AnnotationStore
  readonly view: SavedView | null
  readonly history: StoreApi<HistoryState>
  /** Unfinished shapes by tool, now or when the image was last left. */
  readonly drafts: StoreApi<Drafts>
  readonly #autosave: Autosave
  /** The core's revision of these annotations, not counting edits that are still being sent. */
  #revision: number
  readonly #draftSaver: DraftSaver
  readonly #backend: DocumentBackend
  /** The last undo or redo; the next one waits for it. */
  #turning: Promise<unknown> = Promise.resolve()
  #isJumping = false

  constructor(
    opened: OpenedDocument,
    autosave: Autosave,
    draftSaver: DraftSaver,
    backend: DocumentBackend,
  ) {
    this.image = opened.image
    this.view = opened.view
    this.#autosave = autosave
    this.#draftSaver = draftSaver
    this.#backend = backend
    this.history = createStore(() => ({ undo: opened.undo, redo: opened.redo }))
    this.drafts = createStore(() => draftSaver.pending(opened.image.id) ?? opened.drafts)
    this.#revision = opened.revision
    this.annotations = new AnnotationStore(this.#withPending(opened.annotations))
  }

  /** Shows an edit at once and sends it. `finished`: the tool whose draft it completes. Other tools' drafts stay. */
  edit(label: string, changes: ChangeSet, finished?: string): void {
    if (isEmptyChangeSet(changes)) return
    this.annotations.apply(changes, 'local')
    this.history.setState({ undo: label, redo: null })
    const before = this.drafts.getState()
    const isFinished = finished !== undefined && before[finished] !== undefined
    const drafts = isFinished ? withDraft(before, finished, null) : undefined
    this.#autosave.enqueue({ commitId: newId(), imageId: this.image.id, label, changes, drafts })
    if (!drafts) return
    this.drafts.setState(drafts, true)
    // A point of the finished shape may still be saving as a draft; nothing may be saved after this.
    this.#draftSaver.save(this.image.id, drafts)
  }

  /** Saves a tool's draft, here and on disk; null removes it. */
  setDraft(toolId: string, data: DraftData | null): void {
    const before = this.drafts.getState()
    if (data === null && before[toolId] === undefined) return
    const drafts = withDraft(before, toolId, data)
    this.drafts.setState(drafts, true)
    this.#draftSaver.save(this.image.id, drafts)
  }

  /** Undoes the last edit; returns its label, or null if there was none. Throws a NotSavedError. */
  async undo(): Promise<string | null> {
    return this.#applyUndo((commitId) => this.#backend.undo(this.image.id, commitId))
  }

  async redo(): Promise<string | null> {
    return this.#applyUndo((commitId) => this.#backend.redo(this.image.id, commitId))
  }

  /** Undoes or redoes until edit `seq` is the last one in effect; null: before the first. Throws a NotSavedError. */
  async goTo(seq: number | null): Promise<void> {
    await this.#serialize(async () => {
      // Shown once, when everything is done.
      this.#isJumping = true
      try {
        await this.#backend.goTo(this.image.id, seq)
      } finally {
        this.#isJumping = false
        await this.reload()
      }
    })
  }

  /** Refreshes the labels of undo and redo, which edits of other images and classes change. */
  async refreshLabels(): Promise<void> {
    const labels = await this.#backend.labels(this.image.id)
    // The acknowledgement of a pending edit brings its own labels.
    if (this.#autosave.pending(this.image.id).length === 0) this.history.setState(labels)
  }

  /**
   * The core has committed an edit of this window. If it was rebased onto changes that this page has not seen, the
   * result may differ.
   */
  async onCommitted({ baseRevision, revision, undo, redo }: Committed): Promise<void> {
    if (this.#autosave.pending(this.image.id).length <= 1) this.history.setState({ undo, redo })
    if (baseRevision === this.#revision) this.#revision = revision
    else await this.reload()
  }

  /** A change from another window, a label file or an import. */
  async onEvent(event: Extract<AppEvent, { type: 'annotations' }>): Promise<void> {
    if (event.imageId !== this.image.id || this.#isJumping) return
    if (this.#autosave.isOurs(event.commitId)) return
    if (event.revision <= this.#revision) return
    const isNext = event.revision === this.#revision + 1
    if (isNext && this.#autosave.pending(this.image.id).length === 0) {
      this.#revision = event.revision
      this.history.setState({ undo: event.undo, redo: event.redo })
      this.#applyRemote(rebaseChangeSet(this.annotations.list, event.changes))
    } else await this.reload()
  }

  /** Loads the core's state and reapplies unsent edits. */
  async reload(): Promise<void> {
    const fresh = await this.#backend.open(this.image.id)
    this.#revision = fresh.revision
    this.history.setState({ undo: fresh.undo, redo: fresh.redo })
    this.#applyRemote(diffAnnotations(this.annotations.list, this.#withPending(fresh.annotations)))
  }

  #applyRemote(changes: ChangeSet): void {
    if (!isEmptyChangeSet(changes)) this.annotations.apply(changes, 'remote')
  }

  #withPending(annotations: OpenedDocument['annotations']): OpenedDocument['annotations'] {
    return this.#autosave
      .pending(this.image.id)
      .reduce(
        (list, { changes }) => applyChangeSet(list, rebaseChangeSet(list, changes)),
        annotations,
      )
  }

  /**
   * Runs steps one after another. Each waits until everything is saved, and throws a NotSavedError if that fails,
   * because key presses must not accumulate and take effect all at once later.
   */
  #serialize<T>(step: () => Promise<T>): Promise<T> {
    const turning = this.#turning
      .catch(() => {})
      .then(() => this.#autosave.saved())
      .then(step)
    this.#turning = turning
    return turning
  }

  #applyUndo(step: (commitId: string) => Promise<Turned | null>): Promise<string | null> {
    return this.#serialize(async () => {
      const commitId = newId()
      this.#autosave.claim(commitId)
      const turned = await step(commitId)
      if (!turned) return null
      if (turned.baseRevision === this.#revision) {
        this.#revision = turned.revision
        this.history.setState({ undo: turned.undo, redo: turned.redo })
        this.#applyRemote(rebaseChangeSet(this.annotations.list, turned.changes))
      } else await this.reload()
      return turned.label
    })
  }
}
