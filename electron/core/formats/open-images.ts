import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { isTrue } from '#shared/model/pose.ts'
import { mainOf, reportAttributes, uprightBox } from './box-object.ts'
import { carrying, fieldsOf, isJsonObject } from './carry.ts'
import { decimal, rounded, stemGiver, withoutFirst, withStem } from './common.ts'
import { type CsvRow, csvLine, csvRows } from './csv.ts'
import { numberOf, shown } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { resolvePath } from './image-lookup.ts'
import { CROWD, isCrowd, type LabelObject, objectsOf } from './objects.ts'
import { UNIT_SIZE } from './sizes.ts'
import { splitOfFolders, splitOfName, splitOfWord } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  ImagePlace,
  InputFile,
  JsonObject,
  LabelEntry,
  LabelledImage,
  LabelSource,
  LabelWriter,
  OnFault,
  OpenContext,
  OutputPiece,
  ReadLabels,
  Size,
  WriteContext,
} from './types.ts'

// The layout: https://storage.googleapis.com/openimages/web/download_v7.html, “Boxes”. Coordinates are fractions; an image
// is named without its extension, a class by its machine-generated id.

const COLUMNS = [
  ...['ImageID', 'Source', 'LabelName', 'Confidence', 'XMin', 'XMax', 'YMin', 'YMax'],
  ...['IsOccluded', 'IsTruncated', 'IsGroupOf', 'IsDepiction', 'IsInside'],
]

const IMAGE_COLUMNS = [
  ...['ImageID', 'Subset', 'OriginalURL', 'OriginalLandingURL', 'License', 'AuthorProfileURL'],
  ...['Author', 'Title', 'OriginalSize', 'OriginalMD5', 'Thumbnail300KURL', 'Rotation'],
]

/** The flags of a box, by our attributes. -1 means unknown. */
const FLAGS: Record<string, string> = {
  IsOccluded: 'occluded',
  IsTruncated: 'truncated',
  IsGroupOf: CROWD,
  IsDepiction: 'depiction',
  IsInside: 'inside',
}

type Header = ReadonlyMap<string, number>

interface Source {
  text: string
  header: Header
}

interface OpenImagesEntry extends LabelEntry {
  source: Source | null
  rows: [from: number, to: number, line: number][]
  names: ReadonlyMap<string, string>
}

const headerOf = ({ fields }: CsvRow): Header =>
  new Map(fields.map((name, index) => [name.trim(), index]))

const isBoxHeader = (header: Header) =>
  ['ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax'].every((name) => header.has(name))

/** A file of two columns without a header: the id of each class, and its name. */
const isClassFile = ({ path }: InputFile, { fields }: CsvRow) =>
  fields.length === 2 &&
  (/^\/[a-z]\//.test(fields[0]) || /class-descriptions/i.test(fileNameOf(path)))

/** Images lie in a folder of their split, beside the tables, or below `images`. */
function placesOf(file: string, id: string, split: Split | undefined): string[] {
  const own = directoryOf(file)
  const roots = [own, ...(own === '' ? [] : [resolvePath(joinPath(own, '..'))])]
  const called = split === 'val' ? ['validation', 'val'] : split ? [split] : []
  const folders = roots.flatMap((root) => [
    ...called.flatMap((name) => [joinPath(root, `images/${name}`), joinPath(root, name)]),
    joinPath(root, 'images'),
    root,
  ])
  return folders.map((folder) => resolvePath(joinPath(folder, `${id}.*`)))
}

interface Opened {
  entries: Map<string, OpenImagesEntry>
  names: Map<string, string>
}

function entryOf(opened: Opened, file: InputFile, id: string, word: string): OpenImagesEntry {
  const split = splitOfWord(word) ?? splitOfName(file.path) ?? splitOfFolders(file.path)
  const key = `${id}\n${split ?? ''}`
  const there = opened.entries.get(key)
  if (there) return there
  const entry: OpenImagesEntry = {
    file: file.path,
    name: `${id}.*`,
    places: placesOf(file.path, id, split),
    ...(split && { split, context: split }),
    source: null,
    rows: [],
    names: opened.names,
  }
  opened.entries.set(key, entry)
  return entry
}

/** Throws a FormatError where the file is none of Open Images'. */
function* openFile(file: InputFile, opened: Opened, context: OpenContext): Generator<void> {
  const text = textOf(file)
  let source: Source | null = null
  let isClasses = false
  let steps = 0
  for (const row of csvRows(text)) {
    if (++steps % 1000 === 0) yield
    if (steps === 1) {
      isClasses = isClassFile(file, row)
      if (!isClasses) {
        source = { text, header: headerOf(row) }
        const isImages = source.header.has('ImageID') && source.header.has('Subset')
        if (isBoxHeader(source.header) || isImages) continue
        throw new FormatError(
          'line 1',
          `must name the columns of Open Images: ${COLUMNS.join(',')}`,
        )
      }
    }
    if (isClasses) {
      const [id = '', name = id] = row.fields
      opened.names.set(id.trim(), name.trim())
    }
    if (!source) continue
    const cell = (name: string) => row.fields[source?.header.get(name) ?? -1]?.trim() ?? ''
    const id = cell('ImageID')
    if (id === '') {
      const fault = new FormatError('ImageID', 'must name the image, not nothing')
      context.fail(failureOf(file.path, fault, `line ${row.line}`))
      continue
    }
    const entry = entryOf(opened, file, id, cell('Subset'))
    if (!isBoxHeader(source.header)) continue
    entry.source ??= source
    entry.rows.push([row.from, row.to, row.line])
  }
}

function* openOpenImages(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<OpenImagesEntry>> {
  const opened: Opened = { entries: new Map(), names: new Map() }
  const foreign: (() => void)[] = []
  for (const file of files) {
    if (!/\.csv$/i.test(file.path)) continue
    yield
    try {
      yield* openFile(file, opened, context)
    } catch (error) {
      const tell = () => context.fail(failureOf(file.path, error))
      // Beside boxes lie tables of image labels, masks and relations.
      if (error instanceof FormatError && error.field === 'line 1') foreign.push(tell)
      else tell()
    }
  }
  if (opened.entries.size === 0) for (const tell of foreign) tell()
  const labels = Object.fromEntries([...opened.names].map(([id, name]) => [name, id]))
  const classes = namedClasses(opened.names)
  return {
    classes,
    extra: { open_images_head: { labels } },
    entries: [...opened.entries.values()],
    read: (entry, size, fail) => readEntry(entry, size, fail),
  }
}

/** A list of all 600 classes is no list of those that the dataset has; a short one is. */
const MOST_CLASSES = 100

function namedClasses(names: ReadonlyMap<string, string>): AnnotationClass[] {
  return names.size > MOST_CLASSES ? [] : withClassNames([], [...new Set(names.values())])
}

function readEntry(
  { source, rows, names }: OpenImagesEntry,
  size: Size | null,
  fail: OnFault,
): ReadLabels {
  const scale = size ?? UNIT_SIZE
  const annotations = rows.flatMap(([from, to, line]): Annotation[] => {
    if (!source) return []
    try {
      const [row] = csvRows(source.text.slice(from, to))
      return [readRow(row, source.header, names, scale)]
    } catch (error) {
      fail(`line ${line}`, error)
      return []
    }
  })
  return { annotations }
}

/** Throws a FormatError that names the column. */
function readRow(
  { fields }: CsvRow,
  header: Header,
  names: ReadonlyMap<string, string>,
  { width, height }: Size,
): Annotation {
  const cell = (name: string) => fields[header.get(name) ?? -1]?.trim() ?? ''
  const fraction = (name: string) => {
    const value = numberOf(cell(name))
    if (value === null) throw new FormatError(name, `must be a number, not ${shown(cell(name))}`)
    if (value > 1.5 || value < -0.5)
      throw new FormatError(name, `must be a fraction of the image, not ${shown(cell(name))}`)
    return value
  }
  const [left, right] = [fraction('XMin'), fraction('XMax')]
  const [top, bottom] = [fraction('YMin'), fraction('YMax')]
  if (!(right > left && bottom > top))
    throw new FormatError('XMax', 'and YMax must be greater than XMin and YMin')
  const id = cell('LabelName')
  if (id === '') throw new FormatError('LabelName', 'must be a class, not nothing')
  const attributes: Annotation['attributes'] = {}
  const others: JsonObject = {}
  for (const [name, index] of header) {
    const text = fields[index]?.trim() ?? ''
    const flag = FLAGS[name]
    if (flag && text === '1') attributes[flag] = 'true'
    else if (flag ? text !== '0' && text !== '' : !COLUMNS.includes(name) && text !== '')
      others[name] = text
    else if (name === 'Source' && text !== '') others[name] = text
  }
  const score = numberOf(cell('Confidence'))
  const shape = {
    kind: 'bbox',
    x: rounded(left * width),
    y: rounded(top * height),
    w: rounded((right - left) * width),
    h: rounded((bottom - top) * height),
  } as const
  const annotation = newAnnotation(shape, names.get(id) ?? id, {
    attributes,
    confidence: score !== null && score >= 0 && score <= 1 ? score : 1,
  })
  return carrying([annotation], 'open_images', others)[0]
}

const SUBSETS: Record<Split, string> = { train: 'train', val: 'validation', test: 'test' }

const subsetOf = (split: Split | null | undefined) => SUBSETS[split ?? 'train']

const fractionText = (value: number) => decimal(value, 12)

/** Boxes, images and classes, each in a file of its own; boxes by split. */
class OpenImagesWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #open = new Set<string>()
  readonly #ids: Map<string, string>
  readonly #used = new Set<string>()

  constructor(context: WriteContext) {
    this.#context = context
    const { labels } = fieldsOf(context.head.extra, 'open_images_head')
    const before = isJsonObject(labels) ? Object.entries(labels) : []
    this.#ids = new Map(before.map(([name, id]) => [name, String(id)]))
    for (const { name } of context.head.classes) this.#used.add(name)
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const subset = subsetOf(image.split)
    const id = fileNameOf(label)
    const listed = [id, subset, ...IMAGE_COLUMNS.slice(2).map(() => '')]
    yield this.#piece(`annotations/${subset}-images-with-rotation.csv`, IMAGE_COLUMNS, [listed])
    const rows = objectsOf(image.annotations, this.#context.head.classes).flatMap((object) =>
      this.#row(object, id, image),
    )
    yield this.#piece(`annotations/${subset}-annotations-bbox.csv`, COLUMNS, rows)
  }

  #piece(path: string, columns: readonly string[], rows: (string | number)[][]): OutputPiece {
    const start = this.#open.has(path) ? '' : csvLine(columns)
    this.#open.add(path)
    return { path, content: start + rows.map(csvLine).join(''), more: true }
  }

  #row(object: LabelObject, id: string, image: LabelledImage): (string | number)[][] {
    const { losses } = this.#context
    const { path, width, height } = image
    const box = uprightBox(object, { format: 'Open Images', hasCrowds: true }, path, losses)
    if (!box || width === null || height === null) return []
    reportAttributes(object, Object.values(FLAGS), path, losses)
    const main = mainOf(object)
    const { Source, ...kept } = fieldsOf(main.extra, 'open_images')
    for (const name of Object.keys(kept))
      if (!COLUMNS.includes(name)) losses.add(`column “${name}” has no place in this format`, path)
    this.#used.add(object.className)
    const flags = Object.entries(FLAGS).map(([column, attribute]) => {
      const isOn = attribute === CROWD ? isCrowd(object) : isTrue(main.attributes[attribute])
      return isOn ? 1 : String(kept[column] ?? 0)
    })
    const ends = [box.x / width, (box.x + box.w) / width, box.y / height, (box.y + box.h) / height]
    return [
      [
        id,
        String(Source ?? 'xclick'),
        this.#ids.get(object.className) ?? object.className,
        String(main.confidence),
        ...ends.map(fractionText),
        ...flags,
      ],
    ]
  }

  *end(): Generator<OutputPiece> {
    if (this.#open.size === 0)
      yield this.#piece('annotations/train-annotations-bbox.csv', COLUMNS, [])
    for (const path of this.#open) yield { path, content: '' }
    const names = [...this.#used].map((name) => csvLine([this.#ids.get(name) ?? name, name]))
    yield { path: 'annotations/class-descriptions-boxable.csv', content: names.join('') }
  }
}

export const openImages: Format<OpenImagesEntry> = {
  id: 'open_images',
  label: 'Open Images CSV',
  extraKey: 'open_images',
  needs: 'fraction',
  keeps: { attributes: true, confidence: true, split: true },
  recognise: ({ kind, path, text }) =>
    kind === 'text' && /\.csv$/i.test(path) && /^\s*"?ImageID"?,(?=[^\r\n]*\bXMin\b)/.test(text)
      ? 'rows of boxes as fractions'
      : null,
  open: openOpenImages,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path, split }) => {
      const short = withoutFirst(
        withoutFirst(path, /^images$/i),
        new RegExp(`^${subsetOf(split)}$`, 'i'),
      )
      // An image is called by its file's name alone.
      const stem = stemFor(fileNameOf(short))
      return {
        image: `images/${subsetOf(split)}/${withStem(fileNameOf(short), stem)}`,
        label: stem,
      }
    }
  },
  writer: (context) => new OpenImagesWriter(context),
}
