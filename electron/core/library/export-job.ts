import { copyFile, link, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import { clampImage } from '#core/formats/clamp.ts'
import type { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelSet } from '#core/formats/types.ts'
import { makeFolder } from '#core/make-folder.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import type { ExportReport } from '#shared/contract/formats.ts'
import { newId } from '#shared/model/annotation.ts'
import type { ExportOptions, FormatId, ImageMode } from '#shared/model/format.ts'

export interface ExportJob {
  set: LabelSet
  /** Absolute, of each image of the set. */
  files: readonly string[]
  folder: string
  format: FormatId
  images: ImageMode
  options: ExportOptions
}

export interface Progress {
  type: 'progress'
  done: number
  total: number
  doing: string
}

export type ExportStep = Progress | { type: 'done'; report: ExportReport }

/** Progress is told at most this often, milliseconds. */
const TELL_EVERY_MS = 50

/** `path` below `folder`; refuses what would leave it. */
function below(folder: string, path: string): string {
  const target = join(folder, path)
  const way = relative(folder, target)
  if (way === '' || way.startsWith('..'))
    throw new UserError('outside', `"${path}" would be written outside ${folder}.`)
  return target
}

/** A copy that is there whole or not at all; a link where asked and the disk allows it. */
async function placeImage(from: string, to: string, mode: ImageMode): Promise<void> {
  if (resolve(from) === resolve(to)) return
  await makeFolder(dirname(to))
  const temporary = `${to}.${newId().slice(0, 8)}.part`
  try {
    if (mode === 'link') await link(from, temporary).catch(() => copyFile(from, temporary))
    else await copyFile(from, temporary)
    await rename(temporary, to)
    // Renaming a link onto the same file leaves both names.
    await rm(temporary, { force: true })
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * Writes a dataset in a format. Each file appears whole; what stood under the same name is replaced.
 * Throws a UserError that names the file.
 */
export async function* runExport(
  job: ExportJob,
  losses: LossLog,
  signal?: AbortSignal,
): AsyncGenerator<ExportStep> {
  const { files: sources, format: id, images: mode } = job
  const folder = resolve(job.folder)
  const format = FORMAT_BY_ID[id]
  const set: LabelSet = job.options.clampToImage
    ? { ...job.set, images: job.set.images.map((image) => clampImage(image, losses)) }
    : job.set
  const total = set.images.length * (mode === 'none' ? 1 : 2)
  let files = 0
  let done = 0
  let toldAt = 0
  const tell = (doing: string): Progress[] => {
    if (Date.now() - toldAt < TELL_EVERY_MS) return []
    toldAt = Date.now()
    return [{ type: 'progress', done: Math.min(done, total), total, doing }]
  }
  yield { type: 'progress', done: 0, total, doing: 'Writing labels' }
  for (const { path, content } of format.export(set, job.options, losses)) {
    signal?.throwIfAborted()
    const target = below(folder, path)
    await writeFileAtomic(target, content).catch((error: unknown) => {
      throw toUserError(error, target)
    })
    files++
    done++
    yield* tell(path)
  }
  done = set.images.length
  if (mode !== 'none') {
    const places = format.imagePaths(set)
    for (const [index, image] of set.images.entries()) {
      signal?.throwIfAborted()
      const source = sources[index]
      const target = below(folder, places[index])
      if (await stat(source).catch(() => null)) {
        await placeImage(source, target, mode).catch((error: unknown) => {
          throw toUserError(error, target)
        })
        files++
      } else losses.add('the image file is missing and could not be copied', image.path)
      done++
      yield* tell(image.path)
    }
  }
  const annotations = job.set.images.reduce((sum, image) => sum + image.annotations.length, 0)
  yield {
    type: 'done',
    report: {
      folder,
      files,
      images: set.images.length,
      annotations: annotations - losses.leftOut,
      losses: losses.report(),
    },
  }
}
