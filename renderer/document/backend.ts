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
  /** The drafts after this edit; undefined leaves the stored drafts unchanged. */
  drafts?: Drafts
}

export interface Committed {
  /** The image's revision before and after. If you know a different one than the first, you missed a change. */
  baseRevision: number
  revision: number
  undo: string | null
  redo: string | null
}

export interface Turned extends Committed {
  label: string
  changes: ChangeSet
}

/** The part of the core that a document uses. */
export interface DocumentBackend {
  open(imageId: string): Promise<OpenedDocument>
  /** The core rebases it onto its current state. Throws a RefusedError if retrying is useless. */
  commit(commit: PendingCommit): Promise<Committed>
  undo(imageId: string, commitId: string): Promise<Turned | null>
  redo(imageId: string, commitId: string): Promise<Turned | null>
  /** Undoes or redoes until edit `seq` is the last one in effect; null: before the first. */
  goTo(imageId: string, seq: number | null): Promise<void>
  /** Labels of the next undo and redo. */
  labels(imageId: string): Promise<{ undo: string | null; redo: string | null }>
  saveDrafts(imageId: string, drafts: Drafts): Promise<void>
  /** Saves the view of the image for the next time. */
  saveView(imageId: string, view: SavedView): Promise<void>
  /** Operations of smart tools on the pixels of an image. */
  picture(image: DatasetImage): PictureWork
  /** Requests to the models on this computer. */
  readonly segment: SegmentBackend
  /** Asks the service for shapes, and draws nothing. */
  assist(imageId: string, className: string, ask: AssistAsk): Promise<Proposal>
}

/** The core will never accept this edit: its image is gone, or it is invalid. Retrying is useless. */
export class RefusedError extends Error {}
