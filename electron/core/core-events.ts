import type { StoredDataset } from './cache/dataset-repository.ts'
import type { Outcome } from './cache/edit-store.ts'
import type { EventBus } from './event-bus.ts'

/** A file or folder below a watched folder, by its path with `/` relative to it. */
export interface FileChange {
  path: string
  kind: 'create' | 'update' | 'delete'
}

/** What the features of the core tell each other. What windows are told is an `AppEvent`. */
export type CoreEvent =
  /** Annotations or classes were committed. Label files and the service follow what a person did. */
  | { type: 'edited'; outcome: Outcome; by: 'person' | 'label-files' | 'sync' }
  /** Something of a dataset has to be pushed: facts of images, a decision, a comment. */
  | { type: 'queued'; datasetId: string }
  /** What waits in the outbox of a dataset is no longer the same. */
  | { type: 'outbox-changed'; datasetId: string }
  /** The dataset itself changed: its name, classes, counts. */
  | { type: 'dataset-changed'; datasetId: string }
  /** Files that are no images changed in an opened folder. */
  | { type: 'other-files'; dataset: StoredDataset; changes: readonly FileChange[] }
  /** An upload brought images into a dataset of the service. */
  | { type: 'uploaded'; accountId: string; remoteId: string }
  | { type: 'opened'; datasetId: string }

export type CoreEvents = EventBus<CoreEvent>
