import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelHead, LabelledImage } from '#core/formats/types.ts'
import { LabelWriting } from '#core/formats/write-labels.ts'
import type { ExportReport } from '#shared/contract/formats.ts'
import type { ExportOptions, FormatId, ImageMode } from '#shared/model/format.ts'
import { OutputFolder } from './output-folder.ts'

export interface ExportJob {
  /** The images are iterated once. */
  set: LabelHead & { images: Iterable<LabelledImage> }
  /** Absolute path of each image's file; null: it has none. */
  files: readonly (string | null)[]
  /** Number of images, if `files` does not give it. */
  total?: number
  folder: string
  format: FormatId
  images: ImageMode
  options: ExportOptions
  /** Writes nothing; the report says what would be written. */
  isDry?: boolean
  /** Stands in the names of temporary files, see begun-exports.ts. */
  mark?: string
}

export interface Progress {
  type: 'progress'
  done: number
  total: number
  doing: string
}

export type ExportStep = Progress | { type: 'done'; report: ExportReport }

/** Minimum time between progress reports, in milliseconds. */
const TELL_EVERY_MS = 50

/**
 * Writes a dataset in a format, image by image. Each file appears complete and replaces one of the same name. Throws
 * a UserError that names the file; no partial file stays.
 */
export async function* runExport(
  job: ExportJob,
  losses: LossLog,
  signal?: AbortSignal,
): AsyncGenerator<ExportStep> {
  const { files: sources, format: id, images: mode, set, options, isDry = false } = job
  const folder = resolve(job.folder)
  const writing = new LabelWriting(FORMAT_BY_ID[id], { head: set, options, losses, folder })
  const total = job.total ?? sources.length
  let copies = 0
  let done = 0
  let toldAt = Date.now()
  yield { type: 'progress', done: 0, total, doing: 'Writing labels' }
  await using output = new OutputFolder(folder, job.mark)
  for (const image of set.images) {
    signal?.throwIfAborted()
    const written = writing.write(image)
    for (const piece of written?.pieces ?? []) if (!isDry) await output.write(piece)
    const source = sources[done]
    if (written && mode !== 'none' && !isDry) {
      const target = output.claim(written.place.image)
      if (source && (await stat(source).catch(() => null))) {
        await output.copy(source, target, mode)
        copies++
      } else losses.add('the image file is missing and could not be copied', image.path)
    }
    done++
    if (Date.now() - toldAt < TELL_EVERY_MS) continue
    toldAt = Date.now()
    // A dry run has no other await that lets other tasks run.
    await setImmediate()
    yield { type: 'progress', done, total: Math.max(done, total), doing: image.path }
  }
  for (const piece of writing.end()) if (!isDry) await output.write(piece)
  yield {
    type: 'done',
    report: {
      folder,
      files: output.files + copies,
      images: writing.images,
      annotations: writing.objects,
      losses: losses.report(),
    },
  }
}
