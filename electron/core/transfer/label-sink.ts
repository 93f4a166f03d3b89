import type { ListedImage } from '#core/cache/listed-images.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'

/** A dataset of an account. */
export interface LabelTarget {
  accountId: string
  remoteId: string
}

/** Labels of a newly registered image. */
export interface UploadedImageLabels {
  /** Derived from the upload and its file, so that repeating it has no effect. */
  commitId: string
  image: ListedImage
  annotations: readonly Annotation[]
}

/** Sync state of the labels of an upload. */
export interface UploadedLabelsState {
  /** Number of images whose labels are not acknowledged yet. */
  waiting: number
  refused: { path: string; problem: string }[]
  /** Paths of images that other people labelled differently meanwhile; the user must resolve these. */
  conflicts: string[]
  /** Service ids of all images whose labels are not saved. */
  unsaved: string[]
  /** Service ids of images that are not known here, because their dataset was removed from this machine. */
  unknown: string[]
}

/** Receives the labels of uploaded images; sync then saves them. */
export interface LabelSink {
  /** Imports labels, and adds missing classes to the dataset. Throws what the client throws. */
  take(
    labels: readonly UploadedImageLabels[],
    classes: readonly AnnotationClass[],
    signal: AbortSignal,
  ): Promise<void>
  /** Pushes waiting labels. Throws what the client throws. */
  push(signal: AbortSignal): Promise<void>
  /** Retries refused labels of these images (service ids) with the next push. */
  retry(remoteImageIds: readonly string[]): void
  /** `images`: names by service id. */
  state(images: ReadonlyMap<string, string>): UploadedLabelsState
}
