import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Split, Stage } from '#shared/model/dataset.ts'
import type { ExportOptions, FormatId, ImportFailure } from '#shared/model/format.ts'
import type { LossLog } from './loss-log.ts'

/** An image with its labels, as formats see it. Sizes in pixels after EXIF rotation. */
export interface LabelledImage {
  /** Below the dataset's root, forward slashes. */
  path: string
  width: number
  height: number
  stage?: Stage
  split?: Split | null
  tags?: readonly string[]
  annotations: readonly Annotation[]
}

export interface LabelSet {
  name: string
  classes: readonly AnnotationClass[]
  images: readonly LabelledImage[]
}

export interface OutputFile {
  /** Below the export's folder, forward slashes. */
  path: string
  content: string | Uint8Array
}

export interface InputFile {
  /** Below the folder (or the name of the file) that was chosen, forward slashes. */
  path: string
  /** Throws when the file cannot be read. */
  bytes(): Uint8Array
}

export interface KnownImage {
  path: string
  width: number | null
  height: number | null
}

export interface ImportedImage {
  /** The label file that speaks of the image. */
  file: string
  /** The known image's path, or the name the file gave when there is none. */
  path: string
  matched: boolean
  /** What the label file calls the image, when it is not the path. */
  reference?: string
  /** Some of the image's labels could not be read. */
  incomplete?: boolean
  /** The size that the label file gives, for images that are not there. */
  size?: { width: number; height: number }
  annotations: Annotation[]
  stage?: Stage
  split?: Split
  tags?: string[]
}

export interface ImportResult {
  images: ImportedImage[]
  classes: AnnotationClass[]
  failed: ImportFailure[]
}

export interface ImportContext {
  images: ImageLookup
  losses: LossLog
}

export interface ImageLookup {
  /** By the name another program gave: exact path, then the end of a path, then the file name. */
  find(reference: string): KnownImage | null
  /** The same without the file extension, for formats that pair by stem. */
  findByStem(stem: string): KnownImage | null
}

export interface Format {
  id: FormatId
  label: string
  /** Where the image itself belongs, below the export's folder; same order as `set.images`. */
  imagePaths(set: LabelSet): string[]
  export(set: LabelSet, options: ExportOptions, losses: LossLog): Iterable<OutputFile>
  import(files: readonly InputFile[], context: ImportContext): ImportResult
}
