import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Split, Stage } from '#shared/model/dataset.ts'
import type { ExportOptions, FormatId, ImportFailure } from '#shared/model/format.ts'
import type { FileLook } from './file-look.ts'
import type { LossLog } from './loss-log.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/**
 * File content that the model has no field for, by the format (or family of formats) that it came from. It is written back
 * to files of the same format, and reported as a loss in others (carry.ts).
 */
export type Extra = { [formatKey: string]: Json }

export interface Size {
  width: number
  height: number
}

/** A file that may hold labels. */
export interface InputFile {
  /** Below the folder that was chosen (or the name of the file that was), forward slashes. */
  path: string
  /** Bytes. */
  size: number
  /** A part of the file, which holds until the next one is asked for, or all of it. Throws the system's error. */
  bytes(from?: number, to?: number): Uint8Array
  /** Gives back what reading opened; a later read opens it again. */
  close?(): void
}

/** A present image. Sizes in pixels after EXIF rotation; null: not known. */
export interface KnownImage {
  path: string
  width: number | null
  height: number | null
  /** EXIF orientation, 1 to 8, where it is known. */
  orientation?: number
}

/** How a label file names an image: enough to find it, without the labels. */
export interface LabelEntry {
  /** The label file; empty for an image without one. */
  file: string
  /**
   * Where the image lies by the format's own rule, best first: paths from the folder of the label files, `..` resolved.
   * A path that ends in `.*` stands for any file extension.
   */
  places: string[]
  /** The name of the image in the label file. A name that ends in `.*` has no extension. */
  name: string
  /** Distinguishes missing images of one name: the split, or the label file's folder. */
  context?: string
  /** By the label file. */
  size?: Size | null
  stage?: Stage
  split?: Split
}

/** The content of a label file for one image. */
export interface ReadLabels {
  annotations: Annotation[]
  stage?: Stage
  split?: Split
  tags?: string[]
  extra?: Extra
  /** False: the file lists the image as not labelled yet. */
  isLabelled?: false
  /** The size is only known once the labels are read. */
  size?: Size | null
}

/** A fault of one annotation. `field`: where it is in the file. */
export type OnFault = (field: string, error: unknown) => void

export interface OpenContext {
  losses: LossLog
  /** A fault in one file or entry; the rest is read. */
  fail(failure: ImportFailure): void
  options: ReadOptions
  /** Paths of all present images, for formats in which images belong to the dataset by their folder. */
  imagePaths: readonly string[]
}

export interface ReadOptions {
  /** Pascal VOC only: the number of the first pixel; null: as the file states. */
  vocPixelOrigin?: 0 | 1 | null
  /** YOLO only: the classes by number, where no file names them. */
  classNames?: readonly string[]
}

/** Label files of one format, opened: which images they are for is known, the labels are read one image at a time. */
export interface LabelSource<Entry extends LabelEntry = LabelEntry> {
  /** Those that the files declare, in the order of their numbers. More may be known once all images are read. */
  classes: AnnotationClass[]
  /** Of the files as a whole. */
  extra?: Extra
  entries: readonly Entry[]
  /**
   * The labels of one image. `size`: of the image at hand, else of the entry; null when nobody knows it: then a format of
   * fractions reads an image of UNIT_SIZE. Faults of single annotations go to `fail`; throws a FormatError where nothing
   * can be read.
   */
  read(entry: Entry, size: Size | null, fail: OnFault, losses: LossLog): ReadLabels
}

/** An image with its labels, on its way to a file. Sizes in pixels after EXIF rotation. */
export interface LabelledImage {
  /** Below the dataset's root, forward slashes. */
  path: string
  /** null: not known. */
  width: number | null
  height: number | null
  /** The size of the image is unknown: coordinates are fractions of it, times UNIT_SIZE (sizes.ts). */
  isUnit?: boolean
  /** Somebody looked for objects in it: without annotations, there are none. */
  isLabelled?: boolean
  stage?: Stage
  split?: Split | null
  tags?: readonly string[]
  annotations: readonly Annotation[]
  extra?: Extra
}

/** What is known of a dataset before its images come. */
export interface LabelHead {
  name: string
  /** In the order of their numbers. A class that only an annotation names comes after them. */
  classes: readonly AnnotationClass[]
  extra?: Extra
}

/** A dataset in memory. */
export interface LabelSet extends LabelHead {
  images: readonly LabelledImage[]
}

/** A file, or a piece of one. */
export interface OutputPiece {
  /** Below the export's folder, forward slashes. */
  path: string
  content: string | Uint8Array
  /** More of the same file follows in a later piece; with the first piece without it the file is whole. */
  more?: boolean
}

/** Where an image lies in an export. */
export interface ImagePlace {
  /** The image itself, below the export's folder. */
  image: string
  /** Its label file or what names it there, without the extension; the writer's own. */
  label: string
}

export interface WriteContext {
  head: LabelHead
  options: ExportOptions
  losses: LossLog
  /** Where the files go, absolute, where that is known. */
  folder?: string
}

/** Takes images one by one. */
export interface LabelWriter {
  write(image: LabelledImage, place: ImagePlace): Iterable<OutputPiece>
  /** Output that depends on all images, after the last one. */
  end(): Iterable<OutputPiece>
}

/** What a format needs to know of an image before it can be written. */
export type SizeNeed =
  /** Coordinates are fractions: an image whose size is not known passes if its labels are fractions too. */
  | 'fraction'
  /** Nothing can be written without it. */
  | 'size'
  /** Pixels are enough. */
  | 'pixels'

export interface Format<Entry extends LabelEntry = LabelEntry> {
  id: FormatId
  label: string
  /** The key in `extra` that it shares with its family. */
  extraKey: string
  needs: SizeNeed
  /** The fields of the model that it can hold, beside shapes. */
  keeps: Keeps
  /** Says in a few words why a file is this format's ("shapes with points"), or null. */
  recognise(look: FileLook): string | null
  /** Opens label files in short steps, so that a large file blocks nothing. */
  open(files: readonly InputFile[], context: OpenContext): Generator<void, LabelSource<Entry>>
  /** Names the places of images, one after another; the same calls in the same order give the same places. */
  placer(): (image: Pick<LabelledImage, 'path' | 'split'>) => ImagePlace
  writer(context: WriteContext): LabelWriter
}

/** The fields of the model that a format can hold, beside shapes. */
export interface Keeps {
  attributes?: boolean
  confidence?: boolean
  /** Links between different objects. */
  instances?: boolean
  stage?: boolean
  tags?: boolean
  split?: boolean
  /** Extra data of other formats. */
  extras?: boolean
}

/** One image with its labels, as reading yields it. */
export interface ReadImage extends LabelledImage {
  annotations: Annotation[]
  tags?: string[]
  /** Its label files. */
  files: string[]
  /** The image is present, under `path`. */
  matched: boolean
  /** Its name in the label file. */
  reference: string
  /** Some of its labels could not be read. */
  incomplete?: boolean
}
