import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { BULK_SAVE_LIMIT, type Client } from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import { classesOf, toRemoteClass } from '#core/api/wire-dataset.ts'
import { imageLookup } from '#core/formats/image-lookup.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import { settleImport } from '#core/formats/settle-import.ts'
import type { ImportResult, InputFile, KnownImage } from '#core/formats/types.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { counted } from '#shared/model/counted.ts'
import type { FormatId } from '#shared/model/format.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'
import { ImagesByPlace, isClassList, type LabelGroup, labelGroups } from './label-groups.ts'

export interface LabelFile {
  /** Absolute. */
  file: string
  /** Below what was dropped. */
  path: string
}

/** Files that are named where there are many. */
const SHOWN = 3

/**
 * Whether a file may hold labels: of text files those that are called like an image, or list classes. A readme is
 * none. `stems`: of the images.
 */
export function mayHoldLabels(path: string, stems: ReadonlySet<string>): boolean {
  return !/\.txt$/i.test(path) || stems.has(stemOf(fileNameOf(path))) || isClassList({ path })
}

/** What an upload keeps of a file. */
export interface UploadFacts {
  /** Below what was dropped: what label files call it. */
  path: string
  sha256?: string
  width?: number | null
  height?: number | null
  /** Its path there, where the service cleaned the name. */
  calledAs?: string
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
  const stems = new Set(done.map(({ facts }) => stemOf(fileNameOf(facts.path))))
  const files: InputFile[] = labelFiles
    .filter(({ path }) => mayHoldLabels(path, stems))
    .map(({ file, path }) => ({ path, bytes: () => readFileSync(file) }))
  // Also those that were left out or failed: their labels are not for another image of the same name.
  const known = [...transfers.each<UploadFacts>(transfer.id, null)].map(({ facts }) => ({
    path: facts.path,
    width: facts.width ?? null,
    height: facts.height ?? null,
  }))
  const { groups, none } = labelGroups(
    files,
    known.map(({ path }) => path),
  )
  if (none.length > 0)
    problems.push(
      `No labels of a known format are in ${counted(none.length, 'file')}: ${someOf(none)}`,
    )
  if (groups.length === 0) return problems
  setDoing('Sending annotations')
  const losses = new LossLog()
  const byPath = new Map(done.map((item) => [item.facts.path, item]))
  const saves = new Map<string, { annotations: Annotation[]; format: FormatId }>()
  const classes: AnnotationClass[] = []
  const twice = new Map<FormatId, number>()
  const byPlace = new ImagesByPlace(known)
  let nowhere = 0
  for (const group of groups) {
    const { format } = group
    // The importing of thousands of files must not keep others from their turn.
    await setImmediate()
    signal.throwIfAborted()
    const result = importNear(group, byPlace, losses)
    for (const { file, field, message } of result.failed)
      problems.push(`${file}: ${field}: ${message}`)
    classes.push(...result.classes)
    for (const { path, annotations, matched } of result.images) {
      if (annotations.length === 0) continue
      if (!matched) nowhere++
      const imageId = matched ? byPath.get(path)?.facts.remoteId : undefined
      if (!imageId) continue
      const before = saves.get(imageId)
      // The same labels in two formats, as exports often lie beside each other.
      if (before && before.format !== format) twice.set(format, (twice.get(format) ?? 0) + 1)
      else
        saves.set(imageId, {
          annotations: [...(before?.annotations ?? []), ...annotations],
          format,
        })
    }
  }
  if (nowhere > 0)
    problems.push(`Annotations of ${counted(nowhere, 'image')} belong to none of these images`)
  for (const { message, count } of losses.report()) problems.push(`${message} (${count})`)
  for (const [format, count] of twice)
    problems.push(
      `${FORMAT_BY_ID[format].label}: ${counted(count, 'image')} had labels in another format already, which were taken`,
    )
  if (saves.size === 0) return problems
  const names = new Set(
    [...saves.values()].flatMap((save) => save.annotations.map((one) => one.className)),
  )
  await addClasses(context, withClassNames(classes, names))
  let sent = 0
  const all = [...saves].map(([imageId, { annotations }]) => ({ imageId, annotations }))
  for (let start = 0; start < all.length; start += BULK_SAVE_LIMIT) {
    const batch = all.slice(start, start + BULK_SAVE_LIMIT)
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
  const formats = new Set([...saves.values()].map(({ format }) => FORMAT_BY_ID[format].label))
  problems.push(`Annotations of ${counted(sent, 'image')} were sent (${[...formats].join(', ')})`)
  return problems
}

/** The images beside a group's files, or those further away, if it is for none of the near ones. */
function importNear(
  { format, files, home }: LabelGroup,
  byPlace: ImagesByPlace<KnownImage>,
  losses: LossLog,
): ImportResult {
  const read = (images: readonly KnownImage[]) => {
    const own = new LossLog()
    const lookup = { images: imageLookup(images), losses: own }
    return { own, result: settleImport(FORMAT_BY_ID[format].import(files, lookup)) }
  }
  let last: ReturnType<typeof read> | null = null
  for (const images of byPlace.near(home)) {
    last = read(images)
    if (last.result.images.some(({ matched }) => matched)) break
  }
  const { own, result } = last ?? read([])
  losses.addAll(own)
  return result
}

/** A few of them by name. */
function someOf(paths: readonly string[]): string {
  const named = paths.slice(0, SHOWN).join(', ')
  return paths.length > SHOWN ? `${named} and ${paths.length - SHOWN} more` : named
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
