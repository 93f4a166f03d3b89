import { backoffMs } from '#core/api/retry.ts'
import type { ListedImage } from '#core/cache/listed-images.ts'
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
  /** Relative to the dropped folder. */
  path: string
}

/** Number of files to name in a message. */
const SHOWN = 3
/** Tries of a push that the service fails; afterwards sync, or the same command, resumes it. */
const SAVE_ATTEMPTS = 6

/**
 * True if a file may hold labels. A text file must have the name of an image or list classes, so a readme does not
 * count. `stems`: of the images.
 */
export function mayHoldLabels(path: string, stems: ReadonlySet<string>): boolean {
  return !/\.txt$/i.test(path) || stems.has(stemOf(fileNameOf(path))) || isClassList({ path })
}

/** The facts of a file that an upload keeps. */
export interface UploadFacts {
  /** Path relative to the dropped folder, as label files use it. */
  path: string
  sha256?: string
  width?: number | null
  height?: number | null
  /** Its path on the service, if the service cleaned the name. */
  calledAs?: string
  /** Service id of the image to replace, which is moved away after this one is registered. */
  replaces?: string
  /** It has replaced another image. */
  hasReplaced?: boolean
  /** The state of its labels: imported as an edit, or saved on the service. */
  labels?: 'taken' | 'saved'
  labelFormat?: FormatId
  /** The service id, once registered. */
  remoteId?: string
}
type Item = TransferItem<UploadFacts>

/** The labels found for images of this upload. */
interface FoundLabels {
  /** By the image path that label files use. */
  byPath: Map<string, { annotations: Annotation[]; format: FormatId }>
  classes: AnnotationClass[]
  /** Problems to report to the user. */
  problems: string[]
}

/**
 * Imports the labels beside the images for all registered images, once each, as an edit that is saved like any other.
 * Returns what to report to the user; throws if some were not saved.
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

/**
 * Service ids of images whose labels were imported, but whose dataset was removed from this machine before they were
 * saved.
 */
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
  // No process is started for nothing.
  if (files.length === 0) return found
  // Includes skipped and failed images, so that their labels do not go to another image of the same name.
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
      `${counted(none.length, 'file')} without labels in a known format: ${someOf(none)}`,
    )
  const losses = new LossLog()
  const wanted = new Set(open.map(({ facts }) => facts.path))
  const twice = new Map<FormatId, number>()
  const byPlace = new ImagesByPlace(known)
  let nowhere = 0
  for (const group of groups) {
    const { format } = group
    signal.throwIfAborted()
    const result = await importNear(readers, group, { byPlace, losses, signal })
    for (const { file, field, message } of result.failed)
      problems.push(`${file}: ${field}: ${message}`)
    found.classes.push(...result.classes)
    for (const { path, annotations, matched } of result.images) {
      if (annotations.length === 0) continue
      if (!matched) nowhere++
      if (!matched || !wanted.has(path)) continue
      const before = found.byPath.get(path)
      // The same labels in two formats; exports often lie beside each other.
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
      `${FORMAT_BY_ID[format].label}: ${counted(count, 'image')} already had labels in another format, which were used`,
    )
  return found
}

/**
 * Commits the labels as edits of their images. Each image's labels are imported once, even if the upload is
 * restarted.
 */
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

/** Used until the image is listed. */
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

/** Pushes the labels that this upload imported, now or earlier. Throws a UserError if some were not saved. */
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

/**
 * Records which labels the service has; these are not imported again, even if the dataset is removed from this
 * machine.
 */
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

/** Throws a UserError if some were not saved. */
function reportOf(all: readonly Item[], state: UploadedLabelsState): string[] {
  const { waiting, refused, conflicts, unknown } = state
  const unsaved = waiting + refused.length + unknown.length
  if (unsaved > 0) {
    const reasons = [...new Set(refused.map(({ problem }) => problem))].slice(0, SHOWN)
    throw new UserError(
      'labels_unsaved',
      [
        `The images were uploaded, but the annotations of ${counted(unsaved, 'image')} could not be saved yet`,
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
  {
    byPlace,
    losses,
    signal,
  }: { byPlace: ImagesByPlace<KnownImage>; losses: LossLog; signal: AbortSignal },
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
    // A stop is no fault of the file: its labels are read when the upload goes on.
    signal.throwIfAborted()
    if (!(error instanceof UserError)) throw error
    const file = files.length === 1 ? files[0].path : `${files[0].path} …`
    return {
      images: [],
      classes: [],
      failed: [{ file, field: WHOLE_FILE, message: error.message }],
    }
  }
}

/** Names a few of them. */
function someOf(paths: readonly string[]): string {
  const named = paths.slice(0, SHOWN).join(', ')
  return paths.length > SHOWN ? `${named} and ${paths.length - SHOWN} more` : named
}
