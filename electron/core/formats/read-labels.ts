import { setImmediate } from 'node:timers/promises'
import { shapeBounds, shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, annotationSchema, newId, type Shape } from '#shared/model/annotation.ts'
import {
  type AnnotationClass,
  annotationClassSchema,
  withClassNames,
} from '#shared/model/annotation-class.ts'
import type { ImportFailure } from '#shared/model/format.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { fieldsOf } from './carry.ts'
import { instanceIds } from './common.ts'
import { shown } from './fields.ts'
import { FormatError, failureOf, shortFailure, WHOLE_FILE } from './format-error.ts'
import {
  cleanReference,
  type Found,
  ImageLookup,
  plainReference,
  resolvePath,
} from './image-lookup.ts'
import { LIMITS } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { boxOfObject, isNear, type LabelObject, leadOf, objectsOf } from './objects.ts'
import { fitAnnotations, fitSize, type SizeFit } from './sizes.ts'
import type {
  Extra,
  Format,
  InputFile,
  KnownImage,
  LabelEntry,
  LabelSource,
  ReadImage,
  ReadOptions,
} from './types.ts'

/** An image that label files speak of. */
export interface FoundImage {
  /** Path of the present image; for a missing one, a unique path made from its name in the label files. */
  path: string
  known: KnownImage | null
  /** What the label files call it. */
  reference: string
  entries: LabelEntry[]
}

/** All that is read. */
export interface ImportResult {
  images: ReadImage[]
  classes: AnnotationClass[]
  failed: ImportFailure[]
}

/** How long reading goes on before others get their turn, milliseconds. */
const TURN_MS = 20

/** Runs something step by step, with room for others between. Throws when `signal` aborts. */
export async function inTurns<T>(steps: Generator<void, T>, signal?: AbortSignal): Promise<T> {
  let until = performance.now() + TURN_MS
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (performance.now() < until) continue
    await setImmediate()
    signal?.throwIfAborted()
    until = performance.now() + TURN_MS
  }
}

/** Runs all steps at once, for callers that may block. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

const FIT_WORDS: Record<Exclude<SizeFit['kind'], 'same'>, string> = {
  turned: 'coordinates of the stored picture are turned upright, as EXIF says',
  scaled: 'the label file gives another image size: coordinates are scaled to the image',
  other: 'the label file gives another image size; coordinates are taken as they are',
}

const FRACTIONS =
  'all coordinates lie between 0 and 1: are they fractions of the image? They are read as pixels'

/** Whether all shapes lie within the first pixel, and not on its border alone. */
function areFractions(annotations: readonly Annotation[]): boolean {
  const isWithin = (value: number) => value >= 0 && value <= 1
  return (
    annotations.length > 0 &&
    annotations.every(({ shape }) =>
      shapeVertices(shape).every(({ x, y }) => isWithin(x) && isWithin(y)),
    ) &&
    annotations.some(({ shape }) => shapeVertices(shape).some(({ x }) => !Number.isInteger(x)))
  )
}

/** Label files of one format, opened, with the images that they are for. */
export class OpenLabels {
  readonly format: Format
  readonly images: readonly FoundImage[]
  readonly classes: readonly AnnotationClass[]
  readonly extra: Extra | undefined
  /** What could not be read so far; grows while images are read. */
  readonly failed: ImportFailure[]
  readonly #source: LabelSource
  readonly #losses: LossLog
  /** Label files with faults that were found while they were opened. */
  readonly #faulty: ReadonlySet<string>

  constructor(
    format: Format,
    source: LabelSource,
    images: readonly FoundImage[],
    failed: ImportFailure[],
    losses: LossLog,
  ) {
    this.format = format
    this.images = images
    this.failed = failed
    this.extra = source.extra
    this.#source = source
    this.#losses = losses
    this.classes = source.classes.flatMap((item) => {
      const parsed = annotationClassSchema.safeParse(item)
      if (parsed.success) return [parsed.data]
      const [issue] = parsed.error.issues
      const field = `${item.name.slice(0, 40)}: ${issue.path.join('.')}`
      addFailure(failed, { file: '(classes)', field, message: issue.message })
      return []
    })
    this.#faulty = new Set(failed.map(({ file }) => file))
  }

  /** The labels of one image. Never throws: what cannot be read goes to `failed`. */
  read(image: FoundImage, losses = this.#losses): ReadImage {
    const { known, entries } = image
    const files = [...new Set(entries.map(({ file }) => file).filter((file) => file !== ''))]
    const result: ReadImage = {
      path: image.path,
      width: known?.width ?? null,
      height: known?.height ?? null,
      matched: known !== null,
      reference: image.reference,
      files,
      annotations: [],
    }
    let incomplete = files.some((file) => this.#faulty.has(file))
    for (const entry of entries) {
      const onFault = (field: string, error: unknown) => {
        incomplete = true
        addFailure(this.failed, failureOf(entry.file, error, field))
      }
      try {
        this.#readEntry(entry, image, result, onFault, losses)
      } catch (error) {
        onFault('', error)
      }
    }
    // Readers of the file cannot tell such entries apart, so their labels are joined.
    if (entries.length > files.length && files.length > 0)
      losses.add(
        'several entries of a label file name this image: their labels are joined',
        image.path,
      )
    if (files.length > 0) result.isLabelled ??= true
    if (result.annotations.length > 0) result.isLabelled = true
    return incomplete ? { ...result, incomplete } : result
  }

  #readEntry(
    entry: LabelEntry,
    { known }: FoundImage,
    result: ReadImage,
    onFault: (field: string, error: unknown) => void,
    losses: LossLog,
  ): void {
    const own = known?.width && known.height ? { width: known.width, height: known.height } : null
    const read = this.#source.read(entry, entry.size ?? own, onFault, losses)
    const claimed = read.size ?? entry.size ?? null
    let { annotations } = read
    if (this.format.needs !== 'fraction' && areFractions(annotations))
      losses.add(FRACTIONS, result.path)
    if (known && own) {
      const fit = fitSize(claimed, known)
      if (fit.kind !== 'same') losses.add(FIT_WORDS[fit.kind], known.path)
      annotations = fitAnnotations(annotations, fit, own)
    } else if (claimed) {
      result.width ??= claimed.width
      result.height ??= claimed.height
      // Where labels are pixels, they are so without a size too.
    } else if (this.format.needs === 'fraction') result.isUnit = true
    const sound = annotations.filter((annotation) => {
      if (pointCount(annotation.shape) > LIMITS.points) {
        const most = LIMITS.points.toLocaleString('en-US')
        const message = `has a shape of more than ${most} points, which is not read`
        onFault(result.path, new FormatError('', message))
        return false
      }
      if (isSound(annotation)) return true
      const parsed = annotationSchema.safeParse(annotation)
      if (parsed.success && isWithinReach(annotation.shape)) return true
      const [issue] = parsed.error?.issues ?? [TOO_FAR]
      onFault(`${result.path}: ${issue.path.join('.')}`, new FormatError('', issue.message))
      return false
    })
    result.annotations =
      result.annotations.length === 0
        ? sound
        : mergeFiles(result.annotations, sound, this.format.extraKey, this.classes)
    if (read.isLabelled === false) result.isLabelled = false
    result.stage ??= read.stage ?? entry.stage
    result.split ??= read.split ?? entry.split
    const tags = [...new Set([...(result.tags ?? []), ...(read.tags ?? [])])]
    if (tags.length > 0) result.tags = tags
    if (read.extra) result.extra = { ...read.extra, ...result.extra }
  }

  /** All at once. */
  readAll(): ImportResult {
    const images = this.images.map((image) => this.read(image))
    const used = images.flatMap(({ annotations }) => annotations.map(({ className }) => className))
    return { images, classes: withClassNames(this.classes, used), failed: this.failed }
  }
}

/** Merges annotations of several files of one image. Of two objects with the same id the one with more parts stays. */
function mergeFiles(
  there: readonly Annotation[],
  added: readonly Annotation[],
  family: string,
  classes: readonly AnnotationClass[],
): Annotation[] {
  const keyOf = (object: LabelObject) => {
    const { id } = fieldsOf(leadOf(object).extra, family)
    return id === undefined ? null : JSON.stringify([id, object.className])
  }
  const byKey = new Map<string, LabelObject>()
  for (const object of objectsOf(there, classes)) {
    const key = keyOf(object)
    if (key !== null) byKey.set(key, object)
  }
  const dropped = new Set<Annotation>()
  for (const object of objectsOf(added, classes)) {
    const key = keyOf(object)
    const same = key === null ? undefined : byKey.get(key)
    if (!same || !isNear(boxOfObject(same), boxOfObject(object), 1)) continue
    const loser = object.members.length > same.members.length ? same : object
    for (const member of loser.members) dropped.add(member)
  }
  const ids = new Set(there.map(({ id }) => id))
  const nextInstance = instanceIds(there)
  const instances = new Map<number, number>()
  const instanceOf = (id: number) => {
    const own = instances.get(id) ?? nextInstance()
    instances.set(id, own)
    return own
  }
  const fresh = added
    .filter((annotation) => !dropped.has(annotation))
    .map((annotation) => ({
      ...annotation,
      ...(ids.has(annotation.id) && { id: newId() }),
      // Instance ids are only unique within a file.
      ...(annotation.instanceId !== undefined && { instanceId: instanceOf(annotation.instanceId) }),
    }))
  return [...there.filter((annotation) => !dropped.has(annotation)), ...fresh]
}

function pointCount(shape: Shape): number {
  if (shape.kind === 'polyline') return shape.points.length
  return shape.kind === 'polygon' ? shape.rings.reduce((sum, ring) => sum + ring.length, 0) : 1
}

const isNumber = (value: number) => Math.abs(value) <= LIMITS.coordinate

const TOO_FAR = {
  path: ['shape'],
  message: `has a coordinate or a length of more than ${LIMITS.coordinate.toLocaleString('en-US')} pixels, which no image has`,
}

const isWithinReach = (shape: Shape): boolean => {
  const { x, y, w, h } = shapeBounds(shape)
  return [x, y, w, h].every(isNumber)
}

function isSoundShape(shape: Shape): boolean {
  const arePoints = (points: readonly { x: number; y: number }[]) =>
    points.every(({ x, y }) => isNumber(x) && isNumber(y))
  switch (shape.kind) {
    case 'bbox':
      return [shape.x, shape.y, shape.w, shape.h].every(isNumber) && shape.w > 0 && shape.h > 0
    case 'polygon':
      return (
        shape.rings.length > 0 && shape.rings.every((ring) => ring.length > 2 && arePoints(ring))
      )
    case 'polyline':
      return shape.points.length > 1 && arePoints(shape.points)
    case 'keypoint':
      return isNumber(shape.x) && isNumber(shape.y)
    default:
      return false
  }
}

/** The model's rules for what readers make most often, much faster than its schema. */
function isSound({ className, shape, confidence }: Annotation): boolean {
  return (
    className.length > 0 &&
    className.length <= 120 &&
    className.trim() === className &&
    confidence >= 0 &&
    confidence <= 1 &&
    isSoundShape(shape)
  )
}

/** Opens label files and finds their images. Throws nothing: what cannot be read is in `failed`. */
export function* openLabels(
  format: Format,
  files: readonly InputFile[],
  images: Iterable<KnownImage>,
  losses: LossLog,
  options: ReadOptions = {},
): Generator<void, OpenLabels> {
  const known = [...images]
  const failed: ImportFailure[] = []
  const source = yield* format.open(files, {
    losses,
    options,
    fail: (failure) => addFailure(failed, failure),
    imagePaths: known.map(({ path }) => path),
  })
  yield
  const entries = source.entries.filter(({ file, name }) => {
    if (name.length <= LIMITS.name) return true
    addFailure(failed, longName(file, name))
    return false
  })
  const found = findImages(entries, new ImageLookup(known))
  yield
  return new OpenLabels(format, source, found, failed, losses)
}

function longName(file: string, name: string): ImportFailure {
  const message = `calls an image by ${name.length.toLocaleString('en-US')} characters; names are read up to ${LIMITS.name.toLocaleString('en-US')}`
  return { file, field: shown(name), message }
}

/** Notes a fault; of very many only how many there are. */
function addFailure(failed: ImportFailure[], failure: ImportFailure): void {
  if (failed.length < LIMITS.failures) failed.push(shortFailure(failure))
  else {
    const last = failed[LIMITS.failures] ?? { file: '(more)', field: WHOLE_FILE, message: '0' }
    last.message = `${Number.parseInt(last.message, 10) + 1} more faults, which are not told one by one`
    failed[LIMITS.failures] = last
  }
}

interface Claim {
  entry: LabelEntry
  found: Found
}

const referenceOf = ({ name }: LabelEntry) => resolvePath(cleanReference(name)).toLowerCase()

/** Of entries that found one image, those that can mean it: different names mean different images. */
function settle(claims: readonly Claim[]): { kept: Claim[]; lost: Claim[] } {
  const bestRule = (['place', 'suffix', 'name'] as const).find((rule) =>
    claims.some(({ found }) => found.rule === rule),
  )
  const best = claims.filter(({ found }) => found.rule === bestRule)
  const names = new Set(best.map(({ entry }) => `${referenceOf(entry)}\n${entry.context ?? ''}`))
  // By the format's own rule, several files may belong to one image.
  if (bestRule !== 'place' && names.size > 1) return { kept: [], lost: [...claims] }
  const references = new Set(best.map(({ entry }) => referenceOf(entry)))
  const chosen = new Set(best)
  const isKept = (claim: Claim) => chosen.has(claim) || references.has(referenceOf(claim.entry))
  return { kept: claims.filter(isKept), lost: claims.filter((claim) => !isKept(claim)) }
}

function findImages(all: readonly LabelEntry[], lookup: ImageLookup): FoundImage[] {
  const entries = all.filter(({ file }) => file !== '')
  const claims = new Map<KnownImage, Claim[]>()
  const place = new Map<LabelEntry, KnownImage>()
  for (const entry of entries) {
    const found = lookup.find(entry)
    if (!found) continue
    const there = claims.get(found.image)
    if (there) there.push({ entry, found })
    else claims.set(found.image, [{ entry, found }])
  }
  for (const [image, group] of claims) {
    const kept = group.length === 1 ? group : settle(group).kept
    for (const { entry } of kept) place.set(entry, image)
  }
  const groups = new Map<KnownImage | string, FoundImage>()
  for (const entry of entries) {
    const known = place.get(entry) ?? null
    const key = known ?? `${entry.places[0] ?? entry.name}\n${entry.context ?? ''}`
    const group = groups.get(key)
    if (group) group.entries.push(entry)
    else
      groups.set(key, {
        path: known?.path ?? '',
        known,
        reference: entry.name.replace(/\.\*$/, ''),
        entries: [entry],
      })
  }
  // Images without a label file that still belong to the dataset.
  for (const entry of all) {
    const known = entry.file === '' ? lookup.find(entry)?.image : undefined
    if (known && !groups.has(known))
      groups.set(known, { path: known.path, known, reference: known.path, entries: [entry] })
  }
  const images = [...groups.values()]
  nameUnmatched(images)
  return images
}

/** A name from a label file as a path that stays inside a folder. */
export function safePath(reference: string): string {
  const path = resolvePath(plainReference(reference))
  return path === '' ? 'image' : path
}

/** Gives missing images unique paths. */
function nameUnmatched(images: readonly FoundImage[]): void {
  // Some file systems take names of one case or Unicode form for another's.
  const keyOf = (path: string) => path.normalize('NFC').toLowerCase()
  const taken = new Set(images.flatMap(({ known }) => (known ? [keyOf(known.path)] : [])))
  let open = images.filter(({ known }) => known === null)
  const candidates: ((image: FoundImage) => string)[] = [
    ({ entries }) => safePath(entries[0].name),
    ({ entries: [{ name, context }] }) => joinPath(context ?? '', safePath(name)),
    ({ entries: [{ places, name }] }) => safePath(places[0] ?? name),
  ]
  const withExtension = (path: string) => path.replace(/\.\*$/, '.jpg')
  for (const candidate of candidates) {
    const groups = Map.groupBy(open, (image) => keyOf(withExtension(candidate(image))))
    open = []
    for (const [key, group] of groups) {
      if (group.length > 1 || taken.has(key)) for (const image of group) open.push(image)
      else {
        taken.add(key)
        group[0].path = withExtension(candidate(group[0]))
      }
    }
  }
  // Where the numbers of a name go on: counting from 2 each time would be quadratic.
  const numbers = new Map<string, number>()
  for (const image of open) {
    const path = withExtension(safePath(image.entries[0].name))
    const stem = stemOf(fileNameOf(path))
    for (let n = numbers.get(keyOf(path)) ?? 2; image.path === ''; n++) {
      numbers.set(keyOf(path), n + 1)
      const next = joinPath(directoryOf(path), `${stem} (${n})${path.slice(stemOf(path).length)}`)
      if (taken.has(keyOf(next))) continue
      taken.add(keyOf(next))
      image.path = next
    }
  }
}
