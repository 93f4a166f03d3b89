import type { StoredDataset } from './cache/dataset-repository.ts'
import type { Outcome } from './cache/edit-store.ts'
import type { EventBus } from './event-bus.ts'

/** A file or folder below a watched folder; its path is relative to it, with `/`. */
export interface FileChange {
  path: string
  kind: 'create' | 'update' | 'delete'
}

/** Events between features of the core. Windows get `AppEvent`s. */
export type CoreEvent =
  /** Annotations or classes were committed. Label files and sync follow only a user's edits. */
  | { type: 'edited'; outcome: Outcome; by: 'person' | 'label-files' | 'sync' }
  /** Something of a dataset must be pushed: facts of images, a conflict's resolution, a comment. */
  | { type: 'queued'; datasetId: string }
  /** The outbox of a dataset changed. */
  | { type: 'outbox-changed'; datasetId: string }
  /** The dataset itself changed: its name, classes, counts. */
  | { type: 'dataset-changed'; datasetId: string }
  /** Files that are not images changed in an open folder. */
  | { type: 'other-files'; dataset: StoredDataset; changes: readonly FileChange[] }
  /** An upload added images to a remote dataset. */
  | { type: 'uploaded'; accountId: string; remoteId: string }
  | { type: 'opened'; datasetId: string }

export type CoreEvents = EventBus<CoreEvent>
