import { readFileSync } from 'node:fs'
import { BULK_SAVE_LIMIT, type Client } from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import { classesOf, toRemoteClass } from '#core/api/wire-dataset.ts'
import { imageLookup } from '#core/formats/image-lookup.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { detectFormat, FORMAT_BY_ID } from '#core/formats/registry.ts'
import { settleImport } from '#core/formats/settle-import.ts'
import type { InputFile } from '#core/formats/types.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { counted } from '#shared/model/counted.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'

export interface LabelFile {
  /** Absolute. */
  file: string
  /** Below what was dropped. */
  path: string
}

/** A file's name without its directories and extension. */
export const stemOf = (path: string): string => fileNameOf(path).replace(/\.[^.]*$/, '')

/** Lists of classes that belong to text files of labels. */
const CLASS_LIST = /^(?:classes|labels|obj|_darknet)$/i

/**
 * Whether a file may hold labels: of text files those that are called like an image, or list classes. A readme is
 * none. `stems`: of the images.
 */
export function mayHoldLabels(path: string, stems: ReadonlySet<string>): boolean {
  return !/\.txt$/i.test(path) || stems.has(stemOf(path)) || CLASS_LIST.test(stemOf(path))
}

/** What an upload keeps of a file. */
export interface UploadFacts {
  /** Below what was dropped: what label files call it. */
  path: string
  sha256?: string
  width?: number | null
  height?: number | null
  /** The service's id of the image that had its place when it was dropped, and goes when this one is registered. */
  replaces?: string
  /** The service's id, once it is registered. */
  remoteId?: string
}
/**
 * Label files beside the images, in their format, saved to the images that were registered. Answers what a person
 * should know of it.
 */
export async function sendLabels(
  context: JobContext,
  labelFiles: readonly LabelFile[],
): Promise<string[]> {
  const problems: string[] = []
  const { transfers, transfer, run, signal, setDoing } = context
  const done = transfers.items<UploadFacts>(transfer.id, 'done')
  const stems = new Set(done.map(({ facts }) => stemOf(facts.path)))
  const files: InputFile[] = labelFiles
    .filter(({ path }) => mayHoldLabels(path, stems))
    .map(({ file, path }) => ({ path, bytes: () => readFileSync(file) }))
  const format = detectFormat(files)
  if (!format) return problems
  setDoing('Sending annotations')
  const known = done.map(({ facts }) => ({
    path: facts.path,
    width: facts.width ?? null,
    height: facts.height ?? null,
  }))
  const losses = new LossLog()
  const result = settleImport(
    FORMAT_BY_ID[format].import(files, { images: imageLookup(known), losses }),
  )
  for (const { file, field, message } of result.failed)
    problems.push(`${file}: ${field}: ${message}`)
  for (const { message, count } of losses.report()) problems.push(`${message} (${count})`)
  const byPath = new Map(done.map((item) => [item.facts.path, item]))
  const saves = result.images.flatMap(({ path, annotations, matched }) => {
    const remoteId = matched ? byPath.get(path)?.facts.remoteId : undefined
    return remoteId && annotations.length > 0 ? [{ imageId: remoteId, annotations }] : []
  })
  if (saves.length === 0) return problems
  const names = new Set(saves.flatMap((save) => save.annotations.map((one) => one.className)))
  await addClasses(context, withClassNames(result.classes, names))
  let sent = 0
  for (let start = 0; start < saves.length; start += BULK_SAVE_LIMIT) {
    const batch = saves.slice(start, start + BULK_SAVE_LIMIT)
    const { failed } = await run((client) =>
      client.annotations.saveMany(
        batch.map(({ imageId, annotations }) => ({
          imageId,
          annotations: annotations.map(toWireAnnotation),
        })),
        { signal },
      ),
    )
    for (const { error } of failed) problems.push(`Annotations were refused: ${error}`)
    sent += batch.length - failed.length
  }
  problems.push(
    `Annotations of ${counted(sent, 'image')} were sent (${FORMAT_BY_ID[format].label})`,
  )
  return problems
}

async function addClasses(
  { run, transfer, signal }: JobContext,
  wanted: ReturnType<typeof withClassNames>,
): Promise<void> {
  await run(async (client: Client) => {
    const dataset = await client.datasets.get(transfer.remoteId, { signal })
    const there = new Set(classesOf(dataset).map(({ name }) => name))
    const added = wanted.filter(({ name }) => !there.has(name)).map(toRemoteClass)
    if (added.length > 0)
      await client.datasets.update(
        transfer.remoteId,
        { classes: [...(dataset.classes ?? []), ...added] },
        { signal },
      )
  })
}
