import type { Extra, KnownImage, ReadImage, ReadOptions } from '#core/formats/types.ts'
import type { WireError } from '#core/threads/wire-error.ts'
import type { FoundLabels } from '#shared/contract/formats.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import type { FormatId, ImportFailure, Loss } from '#shared/model/format.ts'

/** An image at hand, and where it is; null: not on this disk. */
export interface PlacedImage extends KnownImage {
  file: string | null
}

/** Label files to open: those below a path, or those that are named. */
export type Wanted =
  | { path: string; imageRoot: string; format: FormatId | null; options?: ReadOptions }
  | { files: readonly LabelPath[]; format: FormatId }

export interface LabelPath {
  /** What it is called. */
  path: string
  /** Absolute. */
  file: string
}

/** An image that label files speak of. */
export interface FoundSummary {
  path: string
  /** Path of the image at hand; null: there is none. */
  known: string | null
  /** Whether a label file speaks of it; else a format counts it as labelled by lying there. */
  isSpokenOf: boolean
}

export interface OpenedLabels {
  format: FormatId
  /** "12 files: shapes with labels" */
  why: string
  files: number
  /** Files that are something else, or cannot be read. */
  skipped: ImportFailure[]
  classes: AnnotationClass[]
  extra?: Extra
  images: FoundSummary[]
}

/** Label files that belong together, see transfer/label-groups.ts. */
export interface PathGroup {
  format: FormatId
  files: LabelPath[]
  home: string
}

export type LabelOrder =
  /** More images at hand; sent in pieces, so that no message takes long. */
  | { do: 'know'; images: readonly PlacedImage[]; isFirst: boolean }
  | { do: 'open'; wanted: Wanted }
  /** The images that are to be read, by their numbers. */
  | { do: 'begin'; numbers: readonly number[] }
  | { do: 'next' }
  | ({ do: 'label-file' } & LabelFileOrder)
  | { do: 'named'; format: LabelFileFormat; content: string }
  /** Counts the label files below a path. */
  | { do: 'count'; path: string }
  | { do: 'group'; files: readonly LabelPath[]; images: readonly string[] }

/** A label file in step, see formats/label-file-codec.ts. */
export interface LabelFileOrder {
  format: LabelFileFormat
  path: string
  content: string
  image: { path: string; width: number; height: number }
  classes: readonly AnnotationClass[]
}

export interface LabelBatch {
  images: { number: number; image: ReadImage }[]
  /** After the last batch: what could not be read, and what is lost. */
  end?: { failed: ImportFailure[]; losses: Loss[] }
}

export type LabelAnswer =
  | { opened: OpenedLabels }
  | { batch: LabelBatch }
  | { groups: { groups: PathGroup[]; none: string[] } }
  | { known: true }
  | { found: FoundLabels }
  | { annotations: Annotation[] }
  | { named: string | null }
  | { error: WireError & { reason?: string } }

/** What the process is at: the file that it reads; null: it gets on. */
export interface LabelNote {
  at: string | null
  /** Nothing more is read. */
  isOver?: boolean
}
