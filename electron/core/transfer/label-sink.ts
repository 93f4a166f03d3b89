import type { ListedImage } from '#core/cache/remote-repository.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'

/** A dataset of an account. */
export interface LabelTarget {
  accountId: string
  remoteId: string
}

/** Labels of an image that was just registered. */
export interface UploadedImageLabels {
  /** Of the upload and its file: the same a second time is taken once. */
  commitId: string
  image: ListedImage
  annotations: readonly Annotation[]
}

/** How the labels of an upload stand with the service. */
export interface UploadedLabelsState {
  /** Not acknowledged yet. */
  waiting: number
  refused: { path: string; problem: string }[]
  /** Paths of images that others labelled in another way meanwhile: somebody has to decide. */
  conflicts: string[]
  /** The service's ids of the images of all these. */
  unsaved: string[]
  /** The service's ids of images of which nothing is known here (any more): their dataset was taken off this machine. */
  unknown: string[]
}

/** Where an upload leaves the labels that lay beside its images: what saves them is the sync's. */
export interface LabelSink {
  /** Takes labels over, and their classes where the dataset has none of the name. Throws what the client throws. */
  take(
    labels: readonly UploadedImageLabels[],
    classes: readonly AnnotationClass[],
    signal: AbortSignal,
  ): Promise<void>
  /** Saves what waits. Throws what the client throws. */
  push(signal: AbortSignal): Promise<void>
  /** What the service refused of these images (its own ids) is tried again with the next push. */
  retry(remoteImageIds: readonly string[]): void
  /** `images`: by the service's id, with what they are called. */
  state(images: ReadonlyMap<string, string>): UploadedLabelsState
}
