import { backoffMs } from '#core/api/retry.ts'
import type { ListedImage } from '#core/cache/remote-repository.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { WHOLE_FILE } from '#core/formats/format-error.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import type { ImportResult } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { KnownImage } from '#core/formats/types.ts'
import type { PathGroup } from '#core/labels/label-orders.ts'
import type { LabelProcess } from '#core/labels/label-process.ts'
import { isPassing } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { counted } from '#shared/model/counted.ts'
import type { FormatId, Loss } from '#shared/model/format.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'
import { ImagesByPlace, isClassList } from './label-groups.ts'
import type { UploadedLabelsState } from './label-sink.ts'

export interface LabelFile {
  /** Absolute. */
  file: string
  /** Below what was dropped. */
  path: string
}

/** Files that are named where there are many. */
const SHOWN = 3
/** Of a push of labels that the service fails on; afterwards the sync, or the same command again, goes on. */
const SAVE_ATTEMPTS = 6

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
  /** The service's id of the image that has its place, and makes room once this one is registered. */
  replaces?: string
  /** It has taken the place of another image. */
  hasReplaced?: boolean
  /** Labels that lay beside it were taken over, to be saved like any edit; or the service has them. */
  labels?: 'taken' | 'saved'
  labelFormat?: FormatId
  /** The service's id, once it is registered. */
  remoteId?: string
}
type Item = TransferItem<UploadFacts>

/** What the label files hold for images of this upload. */
interface FoundLabels {
  /** By the path that label files call the image. */
  byPath: Map<string, { annotations: Annotation[]; format: FormatId }>
  classes: AnnotationClass[]
  /** What a person should know of it. */
  problems: string[]
}

/**
 * Label files beside the images, in their format, go to the images that were registered: each image's once, as an edit
 * that is saved like any other. Answers what a person should know of it; throws where some were not saved.
 */
export async function sendLabels(
  context: JobContext,
  labelFiles: readonly LabelFile[],
): Promise<string[]> {
  const { transfers, transfer, setDoing } = context
  const done = transfers
    .items<UploadFacts>(transfer.id, 'done')
    .filter(({ facts }) => facts.remoteId !== undefined)
  const lost = lostLabels(context, done)
  const open = done.filter(({ facts }) => !facts.labels || lost.has(facts.remoteId ?? ''))
  const problems: string[] = []
  if (open.length > 0 && labelFiles.length > 0) {
    const found = await readLabels(context, labelFiles, { done, open })
    problems.push(...found.problems)
    if (found.byPath.size > 0) {
      setDoing('Sending annotations')
      await takeLabels(context, open, found)
    }
  }
  return [...problems, ...(await saveTaken(context))]
}

/** Images, by the service's ids, whose labels were taken, but went with the dataset from this machine before they were saved. */
function lostLabels({ labels }: JobContext, done: readonly Item[]): Set<string> {
  const taken = done.filter(({ facts }) => facts.labels === 'taken')
  return new Set(labels.state(pathsByImage(taken)).unknown)
}

const pathsByImage = (items: readonly Item[]): Map<string, string> =>
  new Map(
    items.map(({ target, facts }) => [facts.remoteId ?? '', facts.calledAs ?? target] as const),
  )

async function readLabels(
  { transfers, transfer, signal, labelReader }: JobContext,
  labelFiles: readonly LabelFile[],
  { done, open }: Record<'done' | 'open', readonly Item[]>,
): Promise<FoundLabels> {
  const found: FoundLabels = { byPath: new Map(), classes: [], problems: [] }
  const { problems } = found
  const stems = new Set(done.map(({ facts }) => stemOf(fileNameOf(facts.path))))
  const files = labelFiles.filter(({ path }) => mayHoldLabels(path, stems))
  // Also those that were left out or failed: their labels are not for another image of the same name.
  const known = [...transfers.each<UploadFacts>(transfer.id, null)].map(({ facts }) => ({
    path: facts.path,
    width: facts.width ?? null,
    height: facts.height ?? null,
  }))
  await using readers = new Readers(labelReader)
  const paths = known.map(({ path }) => path)
  const { groups, none } = await readers.current().group(files, paths)
  if (none.length > 0)
    problems.push(
      `No labels of a known format are in ${counted(none.length, 'file')}: ${someOf(none)}`,
    )
  const losses = new LossLog()
  const wanted = new Set(open.map(({ facts }) => facts.path))
  const twice = new Map<FormatId, number>()
  const byPlace = new ImagesByPlace(known)
  let nowhere = 0
  for (const group of groups) {
    const { format } = group
    signal.throwIfAborted()
    const result = await importNear(readers, group, byPlace, losses)
    for (const { file, field, message } of result.failed)
      problems.push(`${file}: ${field}: ${message}`)
    found.classes.push(...result.classes)
    for (const { path, annotations, matched } of result.images) {
      if (annotations.length === 0) continue
      if (!matched) nowhere++
      if (!matched || !wanted.has(path)) continue
      const before = found.byPath.get(path)
      // The same labels in two formats, as exports often lie beside each other.
      if (before && before.format !== format) twice.set(format, (twice.get(format) ?? 0) + 1)
      else
        found.byPath.set(path, {
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
  return found
}

/** Notes labels as edits of their images. Each image's are taken once, however often the upload is begun again. */
async function takeLabels(
  { transfers, transfer, labels, signal, untilItWorks }: JobContext,
  open: readonly Item[],
  { byPath, classes }: FoundLabels,
): Promise<void> {
  const taken = open.flatMap((item) => {
    const own = byPath.get(item.facts.path)
    return own ? [{ item, ...own }] : []
  })
  const edits = taken.map(({ item, annotations }) => ({
    commitId: `upload/${transfer.id}/${item.seq}`,
    image: registeredImage(item),
    annotations,
  }))
  await untilItWorks(() => labels.take(edits, classes, signal))
  transfers.setItems(
    transfer.id,
    taken.map(({ item: { seq, facts }, format }) => ({
      seq,
      state: 'done',
      facts: { ...facts, labels: 'taken' as const, labelFormat: format },
    })),
  )
}

/** Until the image is listed. */
function registeredImage({ target, sizeBytes, facts }: Item): ListedImage {
  return {
    remoteId: facts.remoteId ?? '',
    path: facts.calledAs ?? target,
    sizeBytes,
    createdAtMs: Date.now(),
    width: facts.width ?? null,
    height: facts.height ?? null,
    stage: 'new',
    split: null,
    tags: [],
    annotationCount: 0,
    thumbnailUrl: null,
  }
}

/** Saves the labels that this upload took, now or in an earlier run. Throws a UserError where some were not saved. */
async function saveTaken(context: JobContext): Promise<string[]> {
  const { transfers, transfer, labels } = context
  const all = [...transfers.each<UploadFacts>(transfer.id, 'done')].filter(
    ({ facts }) => facts.labels,
  )
  if (all.length === 0) return []
  const taken = all.filter(({ facts }) => facts.labels === 'taken')
  const images = pathsByImage(taken)
  labels.retry([...images.keys()])
  try {
    await pushPatiently(context)
  } finally {
    transfers.setItems(transfer.id, savedOf(taken, labels.state(images)))
  }
  return reportOf(all, labels.state(images))
}

async function pushPatiently({ labels, signal, clock, untilItWorks }: JobContext): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await untilItWorks(() => labels.push(signal))
      return
    } catch (error) {
      if (signal.aborted || attempt >= SAVE_ATTEMPTS || !isPassing(error)) throw error
      await clock.sleep(backoffMs(attempt, clock.random()), signal)
    }
  }
}

/** Notes which labels the service has: those are not taken again, whatever becomes of the dataset on this machine. */
function savedOf(taken: readonly Item[], { unsaved, unknown }: UploadedLabelsState) {
  const open = new Set([...unsaved, ...unknown])
  return taken
    .filter(({ facts }) => !open.has(facts.remoteId ?? ''))
    .map(({ seq, facts }) => ({
      seq,
      state: 'done' as const,
      facts: { ...facts, labels: 'saved' as const },
    }))
}

/** Throws a UserError where some were not saved. */
function reportOf(all: readonly Item[], state: UploadedLabelsState): string[] {
  const { waiting, refused, conflicts, unknown } = state
  const unsaved = waiting + refused.length + unknown.length
  if (unsaved > 0) {
    const reasons = [...new Set(refused.map(({ problem }) => problem))].slice(0, SHOWN)
    throw new UserError(
      'labels_unsaved',
      [
        `The images are there, but the annotations of ${counted(unsaved, 'image')} could not be saved yet`,
        ...(refused.length > 0 ? [someOf(refused.map(({ path }) => path)), ...reasons] : []),
      ].join(': '),
    )
  }
  const formats = new Set(all.flatMap(({ facts }) => facts.labelFormat ?? []))
  const names = [...formats].map((format) => FORMAT_BY_ID[format].label)
  return [
    `Annotations of ${counted(all.length - conflicts.length, 'image')} were sent (${names.join(', ')})`,
    ...(conflicts.length > 0
      ? [
          `${counted(conflicts.length, 'image')} got other annotations meanwhile, which stay until somebody decides: ${someOf(conflicts)}`,
        ]
      : []),
  ]
}

/** The process that reads, and another when it was ended because of a file. */
class Readers implements AsyncDisposable {
  readonly #begin: () => LabelProcess
  #reader: LabelProcess | null = null

  constructor(begin: () => LabelProcess) {
    this.#begin = begin
  }

  current(): LabelProcess {
    if (this.#reader?.isOver) this.#reader = null
    this.#reader ??= this.#begin()
    return this.#reader
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.[Symbol.asyncDispose]()
  }
}

type Imported = Pick<ImportResult, 'images' | 'classes' | 'failed'>

/**
 * The images beside a group's files, or those further away, if it is for none of the near ones. Files that cannot be read
 * at all are a fault of their group: the other groups are read.
 */
async function importNear(
  readers: Readers,
  { format, files, home }: PathGroup,
  byPlace: ImagesByPlace<KnownImage>,
  losses: LossLog,
): Promise<Imported> {
  const read = async (images: readonly KnownImage[]) => {
    const reader = readers.current()
    await reader.know(images.map((image) => ({ ...image, file: null })))
    const { classes, images: found } = await reader.open({ files, format })
    const result: Imported & { losses: Loss[] } = { images: [], classes, failed: [], losses: [] }
    for await (const batch of reader.read([...found.keys()])) {
      for (const { image } of batch.images) result.images.push(image)
      if (batch.end) Object.assign(result, batch.end)
    }
    const used = result.images.flatMap((image) => image.annotations.map((one) => one.className))
    return { ...result, classes: withClassNames(classes, used) }
  }
  try {
    let last: Awaited<ReturnType<typeof read>> | null = null
    for (const images of byPlace.near(home)) {
      last = await read(images)
      if (last.images.some(({ matched }) => matched)) break
    }
    last ??= await read([])
    losses.addReport(last.losses)
    return last
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const file = files.length === 1 ? files[0].path : `${files[0].path} …`
    return {
      images: [],
      classes: [],
      failed: [{ file, field: WHOLE_FILE, message: error.message }],
    }
  }
}

/** A few of them by name. */
function someOf(paths: readonly string[]): string {
  const named = paths.slice(0, SHOWN).join(', ')
  return paths.length > SHOWN ? `${named} and ${paths.length - SHOWN} more` : named
}
