import type { PictureWork } from '#shared/assist/picture-work.ts'
import type { Drafts, OpenedDocument, SavedView } from '#shared/contract/annotations.ts'
import type { AssistAsk, Proposal } from '#shared/contract/service.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import type { SegmentBackend } from './segment-state.ts'

export interface PendingCommit {
  commitId: string
  imageId: string
  label: string
  changes: ChangeSet
  /** What is still being drawn after this edit; undefined leaves the kept drafts as they are. */
  drafts?: Drafts
}

export interface Committed {
  /** The image's before and after. Whoever knows another one than the first has missed something. */
  baseRevision: number
  revision: number
  undo: string | null
  redo: string | null
}

export interface Turned extends Committed {
  label: string
  changes: ChangeSet
}

/** What the document needs of the core. */
export interface DocumentBackend {
  open(imageId: string): Promise<OpenedDocument>
  /** Carried over to what the core has by then. Throws a RefusedError when it is of no use to try again. */
  commit(commit: PendingCommit): Promise<Committed>
  undo(imageId: string, commitId: string): Promise<Turned | null>
  redo(imageId: string, commitId: string): Promise<Turned | null>
  /** Undoes, or redoes, until the edit `seq` is the last that holds; null: until before the first. */
  goTo(imageId: string, seq: number | null): Promise<void>
  /** What undo and redo would do now, in words. */
  labels(imageId: string): Promise<{ undo: string | null; redo: string | null }>
  saveDrafts(imageId: string, drafts: Drafts): Promise<void>
  /** Where the image is looked at, for the next time. */
  saveView(imageId: string, view: SavedView): Promise<void>
  /** What smart tools ask of a picture. */
  picture(image: DatasetImage): PictureWork
  /** What is asked of the models of this machine. */
  readonly segment: SegmentBackend
  /** Asks the service for shapes; nothing is drawn by it. */
  assist(imageId: string, className: string, ask: AssistAsk): Promise<Proposal>
}

/** The core will never take this edit: its image is gone, or it makes no sense. Trying again is no use. */
export class RefusedError extends Error {}
