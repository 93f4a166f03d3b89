import { shapeBounds, shapeVertices } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, joinPath } from '#shared/model/paths.ts'
import { mainOf, reportEmpty, uprightBox } from './box-object.ts'
import { joinRings } from './bridge.ts'
import { fieldsOf, givenOf } from './carry.ts'
import { rounded, withoutFirst } from './common.ts'
import { type CsvRow, csvLine, csvRows } from './csv.ts'
import { sizeOf } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { type LabelObject, objectsOf, simpleObject } from './objects.ts'
import { splitOfFolders, splitOfName, splitOfWord } from './splits.ts'
import {
  type Columns,
  columnsOf,
  OWN_COLUMNS,
  type Role,
  separatorOf,
  type TableKind,
} from './table-columns.ts'
import { asLines, readRow, TableRow } from './table-read.ts'
import { textOf } from './text.ts'
import type {
  Extra,
  Format,
  ImagePlace,
  InputFile,
  LabelEntry,
  LabelledImage,
  LabelSource,
  LabelWriter,
  OnFault,
  OpenContext,
  OutputPiece,
  ReadLabels,
  WriteContext,
} from './types.ts'

/** A table's text, and how to read its rows. */
interface Table {
  text: string
  separator: string
  columns: Columns
}

interface TableEntry extends LabelEntry {
  table: Table
  /** Where its rows stand: from, to, line. */
  rows: [from: number, to: number, line: number][]
}

const NAMES: Record<TableKind, string> = {
  tensorflow_csv: 'this CSV',
  makesense_csv: 'Make Sense',
  pictograph_csv: 'this CSV',
}

/** Beside the table, in an images folder beside it, or in the split's folder. */
function placesOf(file: string, name: string, split: string): string[] {
  const own = directoryOf(file)
  const folders = [own, joinPath(own, 'images'), ...(split === '' ? [] : [joinPath(own, split)])]
  const local = cleanReference(name).replace(/^\/+/, '')
  return folders.map((folder) => resolvePath(joinPath(folder, local)))
}

/** Throws a FormatError where the file is no table. */
function openTable(file: InputFile): { table: Table; rows: Iterable<CsvRow> } {
  const text = textOf(file)
  const separator = separatorOf(text)
  const [first] = csvRows(text.slice(0, 1 << 16), separator)
  const columns = first ? columnsOf(first.fields) : null
  if (!columns)
    throw new FormatError(
      'line 1',
      'must name the columns: filename, class, xmin, ymin, xmax, ymax, or as another tool calls them',
    )
  const rows = () => csvRows(text, separator)
  return { table: { text, separator, columns: asLines(columns, rows()) }, rows: rows() }
}

function* entriesOf(
  file: InputFile,
  context: OpenContext,
): Generator<void, { entries: TableEntry[]; columns: Columns }> {
  const { table, rows } = openTable(file)
  const found = new Map<string, TableEntry>()
  let steps = 0
  for (const row of rows) {
    if (++steps % 1000 === 0) yield
    if (steps === 1 && table.columns.names) continue
    const cells = new TableRow(row, table.columns)
    const name = cells.text('image')
    if (name === '') {
      const fault = cells.fault('image', 'must name the image, not nothing')
      context.fail(failureOf(file.path, fault, `line ${row.line}`))
      continue
    }
    const word = cells.text('split')
    const key = `${name}\n${word}`
    const there = found.get(key)
    if (there) {
      there.rows.push([row.from, row.to, row.line])
      there.size ??= sizeOf(cells.text('width'), cells.text('height'))
      continue
    }
    const split =
      splitOfWord(word) ??
      splitOfFolders(cleanReference(name)) ??
      splitOfFolders(file.path) ??
      splitOfName(file.path)
    found.set(key, {
      file: file.path,
      name,
      places: placesOf(file.path, name, word),
      size: sizeOf(cells.text('width'), cells.text('height')),
      context: word === '' ? directoryOf(file.path) : word,
      ...(split && { split }),
      table,
      rows: [[row.from, row.to, row.line]],
    })
  }
  return { entries: [...found.values()], columns: table.columns }
}

/** In `extra` of the dataset: the columns of the file that was read. */
interface TableHead {
  kind?: TableKind
  columns?: string[]
}

function* openTables(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<TableEntry>> {
  const entries: TableEntry[] = []
  const foreign: (() => void)[] = []
  const head: TableHead = {}
  for (const file of files) {
    if (!/\.[ct]sv$/i.test(file.path)) continue
    yield
    try {
      const read = yield* entriesOf(file, context)
      for (const entry of read.entries) entries.push(entry)
      head.kind ??= read.columns.kind
      if (read.columns.names) head.columns ??= [...read.columns.names]
    } catch (error) {
      const tell = () => context.fail(failureOf(file.path, error))
      // Beside tables of labels lie others, such as a training's results.
      if (error instanceof FormatError && error.field === 'line 1') foreign.push(tell)
      else tell()
    }
  }
  if (entries.length === 0) for (const tell of foreign) tell()
  const extra: Extra = { csv_head: JSON.parse(JSON.stringify(head)) }
  return { classes: [], extra, entries, read: readEntry }
}

function readEntry({ table, rows }: TableEntry, _size: unknown, fail: OnFault): ReadLabels {
  const annotations = rows.flatMap(([from, to, line]): Annotation[] => {
    try {
      const [row] = csvRows(table.text.slice(from, to), table.separator)
      const annotation = readRow(new TableRow(row, table.columns))
      return annotation ? [annotation] : []
    } catch (error) {
      fail(`line ${line}`, error)
      return []
    }
  })
  return { annotations }
}

const number = (value: number | null) => (value === null ? '' : String(rounded(value)))

/** The points of a shape that is no upright box, `x y;x y`. */
function pointsText({ shape }: Annotation): string {
  if (shape.kind === 'bbox') return ''
  const points =
    shape.kind === 'polygon'
      ? joinRings(shape.rings)
      : shape.kind === 'oriented_box'
        ? orientedCorners(shape)
        : shapeVertices(shape)
  return points.map(({ x, y }) => `${number(x)} ${number(y)}`).join(';')
}

type Cells = Partial<Record<Role, string>>

/** Values of a box that the columns of a table may ask for. */
function boxCells({ x, y, w, h }: ReturnType<typeof shapeBounds>): Cells {
  return {
    left: number(x),
    top: number(y),
    right: number(x + w),
    bottom: number(y + h),
    boxWidth: number(w),
    boxHeight: number(h),
  }
}

const OF_POINTS: Record<Annotation['shape']['kind'], string> = {
  bbox: 'bbox',
  oriented_box: 'polygon',
  polygon: 'polygon',
  polyline: 'polyline',
  keypoint: 'keypoint',
}

class TableWriter implements LabelWriter {
  readonly #kind: TableKind
  readonly #context: WriteContext
  readonly #columns: readonly (readonly [name: string, role: Role | null])[]
  readonly #open = new Set<string>()

  constructor(kind: TableKind, context: WriteContext) {
    this.#kind = kind
    this.#context = context
    const before = fieldsOf(context.head.extra, 'csv_head') as TableHead
    const known = before.kind === kind && before.columns ? columnsOf(before.columns) : null
    this.#columns =
      known?.names?.map((name, index) => [name, known.roles[index]]) ?? OWN_COLUMNS[kind]
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const path = this.#pathOf(image.split)
    const start = this.#open.has(path) ? '' : this.#start(path)
    reportEmpty(image, this.#context.losses)
    const lines = this.#objects(image).map(([members, cells]) =>
      this.#line(image, label, members, cells),
    )
    if (start !== '' || lines.length > 0)
      yield { path, content: start + lines.join(''), more: true }
  }

  *end(): Generator<OutputPiece> {
    if (this.#open.size === 0) {
      const path = this.#pathOf(null)
      yield { path, content: this.#start(path) }
    } else for (const path of this.#open) yield { path, content: '' }
  }

  #start(path: string): string {
    this.#open.add(path)
    return csvLine(this.#columns.map(([name]) => name))
  }

  #pathOf(split: Split | null | undefined): string {
    if (this.#kind === 'tensorflow_csv') return `${folderOf(split)}_annotations.csv`
    return this.#kind === 'makesense_csv' ? 'labels.csv' : 'annotations.csv'
  }

  /** A row for each object; in our own table, for each of its parts. */
  #objects(image: LabelledImage): [object: LabelObject, cells: Cells][] {
    const { head, losses } = this.#context
    if (this.#kind !== 'pictograph_csv')
      return objectsOf(image.annotations, head.classes).flatMap((object) => {
        const box = uprightBox(object, { format: NAMES[this.#kind] }, image.path, losses)
        return box ? [[object, boxCells(box)]] : []
      })
    return image.annotations.map((annotation) => {
      const { shape } = annotation
      if (shape.kind === 'oriented_box')
        losses.add('oriented boxes are written as four-cornered polygons', image.path)
      if (shape.kind === 'polygon' && shape.rings.length > 1)
        losses.add('holes are joined to the outline by a cut of no width', image.path)
      if (annotation.instanceId !== undefined)
        losses.add('who belongs to one object has no place in this CSV', image.path)
      const cells = { type: OF_POINTS[shape.kind], points: pointsText(annotation) }
      return [simpleObject(annotation), { ...boxCells(shapeBounds(shape)), ...cells }]
    })
  }

  #line(image: LabelledImage, label: string, object: LabelObject, cells: Cells): string {
    const main = mainOf(object)
    const kept = fieldsOf(main.extra, 'csv')
    const given = givenOf(object.members, 'csv')
    const values: Cells = {
      image: label,
      split: image.split ?? '',
      width: number(image.width),
      height: number(image.height),
      class: object.className,
      confidence: main.confidence === 1 && given?.confidence === '' ? '' : String(main.confidence),
      ...cells,
    }
    for (const name of Object.keys(kept))
      if (!this.#columns.some(([column, role]) => column === name && role === null))
        this.#context.losses.add(`column “${name}” has no place in this format`, image.path)
    return csvLine(
      this.#columns.map(([name, role]) => (role ? (values[role] ?? '') : String(kept[name] ?? ''))),
    )
  }
}

/** As Roboflow calls the folders of splits. */
const FOLDERS: Record<Split, string> = { train: 'train/', val: 'valid/', test: 'test/' }

const folderOf = (split: Split | null | undefined) => (split ? FOLDERS[split] : '')

/** Roboflow lays images beside the table of their split. */
const besideTable: Format['placer'] = () => {
  const taken = new Set<string>()
  return ({ path, split }) => {
    const short = split
      ? withoutFirst(path, new RegExp(`^(?:${split}|${FOLDERS[split].slice(0, -1)})$`, 'i'))
      : path
    const folder = folderOf(split)
    const label = taken.has(`${folder}${short}`.toLowerCase()) ? path : short
    taken.add(`${folder}${label}`.toLowerCase())
    return { image: `${folder}${label}`, label }
  }
}

function tableFormat(
  kind: TableKind,
  rest: Pick<Format, 'label' | 'keeps' | 'placer'>,
): Format<TableEntry> {
  return {
    ...rest,
    id: kind,
    extraKey: 'csv',
    needs: 'pixels',
    recognise: ({ kind: looks, path, text }) => {
      if (looks !== 'text' || !/\.[ct]sv$/i.test(path)) return null
      const line = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? ''
      const [row] = csvRows(line, separatorOf(text))
      return row && columnsOf(row.fields)?.kind === kind ? 'rows of boxes' : null
    },
    open: openTables,
    writer: (context) => new TableWriter(kind, context),
  }
}

export const tensorflowCsv = tableFormat('tensorflow_csv', {
  label: 'Roboflow / TensorFlow CSV',
  keeps: { split: true },
  placer: besideTable,
})

export const makesenseCsv = tableFormat('makesense_csv', {
  label: 'Make Sense CSV',
  keeps: {},
  placer: imagesPlacer,
})

export const pictographCsv = tableFormat('pictograph_csv', {
  label: 'Pictograph CSV',
  keeps: { split: true, confidence: true },
  placer: imagesPlacer,
})
