import { type AnnotationClass, ClassList } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { isJsonObject } from './carry.ts'
import { type CocoIndex, idText, indexCoco } from './coco-index.ts'
import { type CocoCategory, readCocoAnnotation, readSkeleton } from './coco-read.ts'
import { CocoWriter } from './coco-write.ts'
import { instanceIds } from './common.ts'
import { distinctNames, numberOf, shown, sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { maskBudget } from './mask-runs.ts'
import { splitOfFolders, splitOfName, splitOfWord } from './splits.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelSource,
  OpenContext,
  ReadLabels,
  Size,
} from './types.ts'
import { numberedClass } from './write-labels.ts'

// The layout: https://cocodataset.org/#format-data

interface CocoEntry extends LabelEntry {
  source: CocoFile
  id: string
  extra: JsonObject
}

interface CocoFile {
  path: string
  index: CocoIndex
  categories: Map<string, CocoCategory>
  /** Ids that several categories have. */
  ambiguous: ReadonlySet<string>
  /** The file lists no categories at all. */
  isNameless: boolean
}

interface Opened {
  classes: AnnotationClass[]
  /** By class name, what a category says besides. */
  categories: JsonObject
  top: JsonObject
}

/** Where the images of a COCO file may lie, likeliest first: below its folder, or an images folder beside it. */
function placesOf(file: string, reference: string): string[] {
  const name = cleanReference(reference)
  if (name.startsWith('/')) return []
  const own = directoryOf(file)
  const up = directoryOf(own)
  const words = stemOf(fileNameOf(file))
    .split(/[^a-z0-9]+/i)
    .filter((word) => splitOfWord(word) !== undefined)
  const folders = [own, ...words.map((word) => joinPath(own, word)), joinPath(own, 'images')]
  for (const word of words) folders.push(joinPath(own, `images/${word}`))
  if (own !== '') {
    for (const word of words) folders.push(joinPath(up, word), joinPath(up, `images/${word}`))
    folders.push(joinPath(up, 'images'), up)
  }
  return [...new Set(folders)].map((folder) => resolvePath(joinPath(folder, name)))
}

function jointNames(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) return []
  requireAtMost(value.length, LIMITS.joints, 'joints', field)
  return value.map(String)
}

function readCategories(
  top: JsonObject,
  path: string,
  opened: Opened,
  context: OpenContext,
): Pick<CocoFile, 'categories' | 'ambiguous' | 'isNameless'> {
  const result = new Map<string, CocoCategory>()
  const ambiguous = new Set<string>()
  const list = top.categories ?? []
  if (!Array.isArray(list))
    throw new FormatError('categories', `must be a list, not ${shown(list)}`)
  requireAtMost(list.length, LIMITS.classes, 'classes', 'categories')
  const named = list.flatMap((raw, index) => {
    const name = isJsonObject(raw) ? textOfField(raw.name) : null
    if (isJsonObject(raw) && name !== null && raw.id !== undefined && raw.id !== null)
      return [{ raw, name, index }]
    const message = `needs an id and a name, not ${shown(raw)}`
    context.fail({ file: path, field: `categories[${index}]`, message })
    return []
  })
  const names = distinctNames(named.map(({ name }) => name))
  const classes = new ClassList(opened.classes)
  for (const [order, { raw, name, index }] of named.entries()) {
    const className = names[order]
    if (className !== name)
      context.losses.add(
        `several categories are named “${name}”: they are told apart as “${className}”`,
        path,
      )
    const joints = jointNames(raw.keypoints, `categories[${index}].keypoints`)
    const isPoint = joints.length === 1 && joints[0] === className
    const id = idText(raw.id)
    const before = result.get(id)
    if (before) {
      ambiguous.add(id)
      const message = `${shown(raw.id)} is the id of “${before.className}” as well: which of them an annotation means is not known`
      context.fail({ file: path, field: `categories[${index}].id`, message })
    } else result.set(id, { className, joints, isPoint })
    const target = classes.add(className)
    opened.categories[className] ??= { ...raw, name: raw.name ?? name }
    if (joints.length === 0 || isPoint) continue
    target.skeleton = {
      nodes: joints.map((node) => ({ name: node })),
      edges: readSkeleton(raw.skeleton, joints.length),
    }
    for (const joint of joints) classes.add(joint)
  }
  opened.classes = classes.all
  for (const id of ambiguous) result.delete(id)
  return { categories: result, ambiguous, isNameless: list.length === 0 }
}

/** Throws a FormatError where an annotation's category is not known. */
function categoryOf(
  id: Json | undefined,
  { categories, ambiguous, isNameless, path }: CocoFile,
  losses: LossLog,
): CocoCategory {
  const known = id === undefined ? undefined : categories.get(idText(id))
  if (known) return known
  if (id === undefined) throw new FormatError('category_id', 'is missing')
  if (isNameless && numberOf(id) !== null) {
    losses.add('the file lists no categories: classes are called by their numbers', path)
    return { className: numberedClass(idText(id)), joints: [], isPoint: false }
  }
  const why = ambiguous.has(idText(id)) ? 'several categories have' : 'no category has'
  throw new FormatError('category_id', `${why} the id ${shown(id)}`)
}

/** LVIS names an image by the last two parts of its address alone: folder and file. */
function nameInUrl(url: unknown): string | null {
  const address = textOfField(url)
  return address === null ? null : cleanReference(address).split('/').slice(-2).join('/')
}

function entriesOf(source: CocoFile, context: OpenContext): CocoEntry[] {
  const { path, index } = source
  const own = splitOfName(path) ?? splitOfFolders(path)
  const byId = new Map<string, CocoEntry>()
  const faulty = new Set<string>()
  for (const { index: number, value } of index.images) {
    const fail = (field: string, message: string) =>
      context.fail({ file: path, field: `images[${number}].${field}`, message })
    const name = textOfField(value.file_name) ?? nameInUrl(value.coco_url)
    if (name === null) {
      fail('file_name', `must name the image, not ${shown(value.file_name)}`)
      continue
    }
    if (value.id === undefined || value.id === null) {
      fail('id', 'is missing')
      continue
    }
    const id = idText(value.id)
    const before = byId.get(id)
    if (before) {
      if (before.name === name) continue
      faulty.add(id)
      fail('id', `${shown(value.id)} is the id of “${before.name}” as well`)
      continue
    }
    const split = own ?? splitOfFolders(cleanReference(name))
    byId.set(id, {
      file: path,
      name,
      // Only made when they are asked for: a dataset has many images, and each many places.
      get places() {
        return placesOf(path, name)
      },
      size: sizeOf(value.width, value.height),
      ...(split && { split, context: split }),
      source,
      id,
      extra: withoutKeys(value, ['file_name', 'width', 'height']),
    })
  }
  const unknown = [...index.imageIds()].filter((id) => !byId.has(id) || faulty.has(id))
  for (const id of unknown)
    for (const annotation of index.annotationsOf(id)) {
      const why = faulty.has(id) ? 'several images have' : 'no image has'
      const field = `annotations[${annotation}].image_id`
      context.fail({ file: path, field, message: `${why} the id ${id}` })
    }
  for (const annotation of index.orphans) context.fail(orphanFault(source, annotation))
  for (const id of faulty) byId.delete(id)
  return [...byId.values()]
}

function orphanFault({ path, index }: CocoFile, annotation: number) {
  try {
    index.annotation(annotation)
    throw new FormatError('image_id', 'is missing: which image it is of is not known')
  } catch (error) {
    return failureOf(path, error, `annotations[${annotation}]`)
  }
}

function* openCoco(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<CocoEntry>> {
  const opened: Opened = { classes: [], categories: {}, top: {} }
  const entries: CocoEntry[] = []
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue
    yield
    try {
      const index = yield* indexCoco(file)
      if (index.images.length === 0 && index.top.categories === undefined)
        throw new FormatError('categories', 'is missing, and there are no images: not a COCO file')
      const { categories: _categories, ...top } = index.top
      const categories = readCategories(index.top, file.path, opened, context)
      opened.top = { ...top, ...opened.top }
      const own = entriesOf({ path: file.path, index, ...categories }, context)
      for (const entry of own) entries.push(entry)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return {
    classes: opened.classes,
    extra: { coco: { ...opened.top, categories: opened.categories } },
    entries,
    read: (entry, size, fail, losses) => readEntry(entry, size, fail, opened.classes, losses),
  }
}

function readEntry(
  { source, id, name, extra }: CocoEntry,
  size: Size | null,
  fail: (field: string, error: unknown) => void,
  classes: readonly AnnotationClass[],
  losses: LossLog,
): ReadLabels {
  const { index } = source
  const raws = index.annotationsOf(id).flatMap((number): { raw: JsonObject; number: number }[] => {
    try {
      return [{ raw: index.annotation(number), number }]
    } catch (error) {
      fail(`annotations[${number}]`, error)
      return []
    }
  })
  const nextInstance = instanceIds(
    raws.map(({ raw }) => ({ instanceId: numberOf(raw.instance_id) ?? undefined })),
  )
  const budget = maskBudget()
  const annotations = raws.flatMap(({ raw, number }) => {
    try {
      return readCocoAnnotation(raw, categoryOf(raw.category_id, source, losses), {
        ...{ classes, size, losses, where: name, nextInstance, budget },
        fail: (_field, error) => fail(`annotations[${number}]`, error),
      })
    } catch (error) {
      fail(`annotations[${number}]`, error)
      return []
    }
  })
  return { annotations, extra: { coco: extra as Json } }
}

export const coco: Format<CocoEntry> = {
  id: 'coco',
  label: 'COCO',
  extraKey: 'coco',
  needs: 'pixels',
  keeps: { attributes: true, confidence: true, instances: true, split: true },
  recognise: ({ keys, inner }) =>
    // Segments are of COCO panoptic.
    !inner('annotations').has('segments_info') &&
    (inner('images').has('file_name') ||
      inner('annotations').has('image_id') ||
      (keys.has('categories') && keys.has('images')))
      ? 'images, annotations and categories'
      : null,
  open: openCoco,
  placer: imagesPlacer,
  writer: (context) => new CocoWriter(context),
}
