import { stat } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { describeSkipped, detect } from '#core/formats/detect.ts'
import type { LossLog } from '#core/formats/loss-log.ts'
import { inTurns, type OpenLabels, openLabels } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { InputFile, KnownImage, ReadOptions } from '#core/formats/types.ts'
import { probeOrientation } from '#core/media/probe.ts'
import { UserError } from '#core/user-error.ts'
import type { FormatId, ImportFailure } from '#shared/model/format.ts'
import { labelInput } from './label-input.ts'

interface ReadingWish {
  /** A folder of label files, or one file. */
  path: string
  /** null: detect it. */
  format: FormatId | null
  /** The available images, by path below `imageRoot`. */
  images: Iterable<KnownImage>
  /** Absolute; '' if the images have no common folder. */
  imageRoot: string
  /** The local path of an image; null: not on this disk. */
  fileOf(path: string): string | null
  options?: ReadOptions
  /** Stands between a file and what reads it. */
  wrap?(file: InputFile): InputFile
  /** Does what takes steps; by default with room for others between them. */
  run?<T>(steps: Generator<void, T>): Promise<T>
}

export interface Reading {
  labels: OpenLabels
  format: FormatId
  /** "12 files: shapes with labels" */
  why: string
  files: number
  /** Files that are not labels, or cannot be read. */
  skipped: ImportFailure[]
}

/** The path of a label file relative to the images' folder, so that both kinds of paths can be compared. */
function fromImageRoot(file: InputFile, labelRoot: string, imageRoot: string): InputFile {
  const way = imageRoot === '' ? '' : relative(imageRoot, labelRoot)
  // Labels elsewhere count as if they were in the images' root folder.
  if (way === '' || way.startsWith('..') || way === labelRoot) return file
  const path = `${way.split(sep).join('/')}/${file.path}`
  return {
    path,
    get size() {
      return file.size
    },
    bytes: (from, to) => file.bytes(from, to),
    close: () => file.close?.(),
  }
}

/** Reads EXIF only if a label file gives the image's size before rotation. */
async function orient(labels: OpenLabels, fileOf: ReadingWish['fileOf']): Promise<void> {
  for (const { known, entries } of labels.images) {
    if (!known || known.orientation !== undefined || known.width === known.height) continue
    const isTurned = entries.some(
      ({ size }) => size && size.width === known.height && size.height === known.width,
    )
    const file = isTurned ? fileOf(known.path) : null
    if (file !== null) known.orientation = await probeOrientation(file)
  }
}

/** Opens label files and finds their images. Throws a UserError if there is nothing to read. */
export async function readLabels(wish: ReadingWish, losses: LossLog): Promise<Reading> {
  const root = resolve(wish.path)
  const found = await labelInput(root)
  const labelRoot = (await stat(root)).isFile() ? dirname(root) : root
  const { wrap = (file) => file, run = inTurns } = wish
  const files = found.map((file) => wrap(fromImageRoot(file, labelRoot, wish.imageRoot)))
  const detection = await run(detect(files))
  const format = wish.format ?? detection.format
  if (!format || files.length === 0) {
    const what = describeSkipped(detection.skipped) || detection.unknown
    throw new UserError(
      'no_labels',
      what === ''
        ? `${root} has no label files of a known format (JSON, XML, CSV, TXT or PNG masks). Choose the file or folder that contains them, and choose its format.`
        : `${root} has no label files that can be read: ${what}. Choose the file or folder that contains them, and choose its format.`,
    )
  }
  // Copies, because facts about the images are added.
  const images = [...wish.images].map((image) => ({ ...image }))
  const own = detection.filesOf(format)
  const labels = await run(openLabels(FORMAT_BY_ID[format], own, images, losses, wish.options))
  await orient(labels, wish.fileOf)
  const read = new Set(own.map(({ path }) => path))
  const skipped = detection.skipped.filter(({ file }) => !read.has(file))
  return { labels, format, why: detection.why, files: own.length, skipped }
}
