import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { LossLog } from '#core/formats/loss-log.ts'
import type { FoundImage, OpenLabels } from '#core/formats/read-labels.ts'
import type { KnownImage, ReadImage, ReadOptions } from '#core/formats/types.ts'
import type { ReadingNotes } from '#core/labels/reading-notes.ts'
import { type Reading, readLabels } from '#core/library/label-reading.ts'
import { scanFolder } from '#core/library/scan.ts'
import { NO_MASKS, type ScanMasks, withMasks } from '#core/library/scan-masks.ts'
import { probeImage } from '#core/media/probe.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import type { FormatId, ImportFailure } from '#shared/model/format.ts'

/** Code that `convert` and `check` share. */

/** Where a command runs. */
export interface LabelSurroundings {
  /** The base folder of relative paths. */
  cwd: string
  /** Hears how reading gets on. */
  notes?: ReadingNotes
  /** Stands in the names of temporary files, see begun-exports.ts. */
  mark?: string
}

/** Resolves a path argument from `cwd`; accepts the other system's slashes if only that path exists. */
export function pathArgument(cwd: string, path: string): string {
  const own = resolve(cwd, path)
  if (!path.includes('\\') || existsSync(own)) return own
  const turned = resolve(cwd, path.replaceAll('\\', '/'))
  return existsSync(turned) ? turned : own
}

/** Names of folders with label files beside the images. */
const LABEL_FOLDER = /^(?:annotations?|labels?|xmls?)$/i

/** The image folder of a path: the folder itself; for a file, its folder, or the parent of a label folder. */
async function imageRootOf(input: string): Promise<string> {
  try {
    if (!(await stat(input)).isFile()) return input
  } catch (error) {
    throw toUserError(error, input)
  }
  const folder = dirname(input)
  return LABEL_FOLDER.test(basename(folder)) ? dirname(folder) : folder
}

async function knownImages(
  folder: string,
  notes?: ReadingNotes,
): Promise<{ images: KnownImage[]; masks: ScanMasks }> {
  const paths: string[] = []
  let masks = NO_MASKS
  for await (const batch of scanFolder(folder, { onStep: () => notes?.getOn() })) {
    notes?.getOn()
    for (const { path } of batch.files) paths.push(path)
    masks = withMasks(masks, batch.masks)
  }
  const images: KnownImage[] = []
  for (const path of paths) {
    const { width, height } = await probeImage(join(folder, path))
    images.push({ path, width, height })
    notes?.getOn()
  }
  return { images, masks }
}

/** Formats that read masks as labels. */
const MASK_FORMATS: readonly FormatId[] = ['png_masks', 'coco_panoptic']

function maskNotes({ count, folders }: ScanMasks): ImportFailure[] {
  if (count === 0) return []
  const message = `has masks of images, which are not images of their own (${count} in all, in ${folders.join(', ')})`
  return [{ file: folders[0] || '.', field: '', message }]
}

export interface Opened extends Reading {
  /** The label files; absolute path. */
  input: string
  /** Pictures that are neither images nor labels. */
  leftOut: ImportFailure[]
  /** The local path of an image; null: not found. */
  fileOf(path: string): string | null
}

export interface OpenWish {
  input: string
  from: FormatId | null
  /** Absolute; null: beside the labels. */
  imagesFrom: string | null
  options: ReadOptions
}

/** Millions of labels are short-lived, so collect garbage before it fills the memory. */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30')
}

/** Opens label files and finds their images. Throws a UserError. */
export async function openPath(
  { input, from, imagesFrom, options }: OpenWish,
  losses: LossLog,
  notes?: ReadingNotes,
): Promise<Opened> {
  keepHeapSmall()
  const imageRoot = imagesFrom ?? (await imageRootOf(input))
  const { images, masks } = await knownImages(imageRoot, notes)
  const there = new Set(images.map(({ path }) => path))
  const fileOf = (path: string) => (there.has(path) ? join(imageRoot, path) : null)
  const watched = notes && {
    wrap: notes.wrap,
    run: async <T>(steps: Generator<void, T>) => notes.run(steps),
  }
  const wish = { path: input, format: from, images, imageRoot, fileOf, options, ...watched }
  const reading = await readLabels(wish, losses)
  const leftOut = MASK_FORMATS.includes(reading.format) ? [] : maskNotes(masks)
  return { ...reading, leftOut, input, fileOf }
}

/** True for images that label files mention, or that a format counts as labelled because their file exists. */
export function isSpokenOf({ entries }: FoundImage): boolean {
  return entries.some(({ file }) => file !== '')
}

export function unmatchedOf(labels: OpenLabels): string[] {
  return labels.images.filter(({ known }) => known === null).map(({ path }) => path)
}

/** Throws a UserError if nothing can be read. */
export function requireReadable(
  { labels, format, input, skipped }: Opened,
  losses: LossLog,
  isUsable: (image: ReadImage) => boolean,
  notes?: ReadingNotes,
): void {
  const before = labels.failed.length
  let unusable: ReadImage | null = null
  for (const found of labels.images) {
    const image = labels.read(found, losses)
    notes?.getOn()
    if (image.annotations.length > 0 || !image.incomplete) {
      if (isUsable(image)) {
        labels.failed.length = before
        return
      }
      unusable ??= image
    }
  }
  const [failure] = [...labels.failed, ...skipped]
  const reason = unusable
    ? `the size of ${unusable.path} is not known, and the target needs it. Name the folder of the images with --images-from`
    : failure
      ? `${failure.file}, ${failure.field}: ${failure.message}`
      : 'no label file names an image'
  throw new UserError('nothing_read', `Nothing could be read from ${input} as ${format}: ${reason}`)
}
