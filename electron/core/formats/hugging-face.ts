import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, joinPath } from '#shared/model/paths.ts'
import { mainOf, uprightBox } from './box-object.ts'
import { carrying, fieldsOf, isJsonObject } from './carry.ts'
import { rounded, withoutFirst } from './common.ts'
import { numberOf, numbersOf, objectAt, shown, sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { parseJson } from './json-fault.ts'
import { eachJsonItem } from './json-items.ts'
import { objectsOf } from './objects.ts'
import { splitOfFolders } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
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
import { ClassNumbers } from './write-labels.ts'

// The layout: https://huggingface.co/docs/datasets/image_dataset#object-detection. Boxes are x, y, width and height in pixels.

/** Lists in `objects` that name classes, likeliest first. */
const CATEGORIES = ['categories', 'category', 'category_id', 'label', 'labels', 'class', 'name']

interface RowEntry extends LabelEntry {
  field: string
  again: () => unknown
  /** Names of the classes by number; null: no file names them. */
  names: readonly string[] | null
}

/** A family of its own in `extra`: how the row spelt what the model has too. */
const ROW = 'hugging_face_row'

function entryOf(
  file: InputFile,
  value: unknown,
  field: string,
  again: () => unknown,
  names: RowEntry['names'],
): RowEntry {
  const row = objectAt(value, '')
  const name = textOfField(row.file_name) ?? textOfField(row.image)
  if (name === null)
    throw new FormatError('file_name', `must name the image, not ${shown(row.file_name)}`)
  const split = splitOfFolders(file.path) ?? splitOfFolders(cleanReference(name))
  const place = resolvePath(
    joinPath(directoryOf(file.path), cleanReference(name).replace(/^\/+/, '')),
  )
  return {
    file: file.path,
    field,
    again,
    names,
    name,
    places: [place],
    size: sizeOf(row.width, row.height),
    context: directoryOf(file.path),
    ...(split && { split }),
  }
}

/** The classes by number, as we write them beside the rows. The format itself has no place for them. */
function namesIn(file: InputFile): string[] | null {
  const json = parseJson(textOf(file))
  const list = isJsonObject(json) ? json.categories : json
  return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : null
}

function* openHuggingFace(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<RowEntry>> {
  const entries: RowEntry[] = []
  let classes: AnnotationClass[] = []
  let names: string[] | null = null
  for (const file of files) {
    if (!/(?:^|\/)categories\.json$/i.test(file.path)) continue
    try {
      names ??= namesIn(file)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  if (names) classes = withClassNames(classes, names)
  for (const file of files) {
    if (!/\.jsonl$/i.test(file.path)) continue
    yield
    const visit = ({
      value,
      field,
      again,
    }: {
      value: unknown
      field: string
      again: () => unknown
    }) => {
      try {
        entries.push(entryOf(file, value, field, again, names))
      } catch (error) {
        context.fail(failureOf(file.path, error, field))
      }
    }
    try {
      yield* eachJsonItem(file, visit, context.fail)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return { classes, entries, read: readEntry }
}

/** The class of an object: its name, or the name of its number. */
function classOf(value: Json | undefined, names: readonly string[] | null, field: string): string {
  const text = textOfField(value)
  if (text === null) throw new FormatError(field, `must be a class, not ${shown(value)}`)
  const number = typeof value === 'number' ? value : null
  return number === null ? text : (names?.[number] ?? `class ${number}`)
}

/** The objects of a row as lists, one for each column: some write an object after the other. Throws a FormatError. */
function columnsOf(objects: Json | undefined): JsonObject {
  if (objects === undefined || objects === null) return {}
  if (isJsonObject(objects)) {
    const hasBoxes = Array.isArray(objects.bbox) || (objects.bbox ?? null) === null
    const isEmpty = Object.values(objects).every(
      (list) => !Array.isArray(list) || list.length === 0,
    )
    if (hasBoxes && (objects.bbox !== undefined || isEmpty)) return objects
    throw new FormatError('objects.bbox', `must be a list of boxes, not ${shown(objects.bbox)}`)
  }
  if (!Array.isArray(objects))
    throw new FormatError('objects', `must be lists of boxes and classes, not ${shown(objects)}`)
  const rows = objects.map((object, index) => objectAt(object, `objects[${index}]`))
  const keys = new Set(rows.flatMap((object) => Object.keys(object)))
  return Object.fromEntries(
    [...keys].map((key) => [key, rows.map((object) => object[key] ?? null)]),
  )
}

function readEntry({ again, field, names }: RowEntry, _size: unknown, fail: OnFault): ReadLabels {
  const row = objectAt(again(), '')
  const { objects, file_name, image, width, height, ...others } = row
  const lists = columnsOf(objects)
  const boxes = Array.isArray(lists.bbox) ? lists.bbox : []
  const key = CATEGORIES.find((name) => Array.isArray(lists[name]))
  const categories = key === undefined ? [] : (lists[key] as Json[])
  const more = Object.entries(withoutKeys(lists, ['bbox', ...(key === undefined ? [] : [key])]))
  const annotations = boxes.flatMap((box, index): Annotation[] => {
    const place = `${field}.objects.bbox[${index}]`
    try {
      if (!Array.isArray(box) || box.length !== 4)
        throw new FormatError('', `must be x, y, width and height, not ${shown(box)}`)
      const [x, y, w, h] = numbersOf(box, '')
      if (!(w > 0 && h > 0)) throw new FormatError('', 'needs a width and a height greater than 0')
      const className =
        key === undefined ? 'object' : classOf(categories[index], names, `${key}[${index}]`)
      const fields = Object.fromEntries(
        more.flatMap(([name, list]): [string, Json][] =>
          Array.isArray(list) && list[index] !== undefined ? [[name, list[index]]] : [],
        ),
      )
      return carrying(
        [newAnnotation({ kind: 'bbox', x, y, w, h }, className)],
        'hugging_face',
        fields,
      )
    } catch (error) {
      fail(place, error)
      return []
    }
  })
  const spelt: JsonObject = {
    key: key ?? null,
    numbered: categories.some((value) => typeof value === 'number'),
    sized: numberOf(width) !== null,
    placed: isJsonObject(objects) || Array.isArray(objects),
    listed: Array.isArray(objects),
  }
  return { annotations, extra: { hugging_face: others, [ROW]: spelt } }
}

/** As the Hub calls the folders of splits. */
const FOLDERS: Record<Split, string> = { train: 'train/', val: 'validation/', test: 'test/' }

const folderOf = (split: Split | null | undefined) => (split ? FOLDERS[split] : '')

/** Columns as one object after the other, each with the columns that it has. */
function rowsOf(columns: { [name: string]: Json[] }): JsonObject[] {
  return columns.bbox.map((_, index) => {
    const row = Object.entries(columns).map(([name, list]): [string, Json] => [name, list[index]])
    return Object.fromEntries(row.filter(([, value]) => value !== null))
  })
}

class HuggingFaceWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #numbers: ClassNumbers
  readonly #open = new Set<string>()

  constructor(context: WriteContext) {
    this.#context = context
    this.#numbers = new ClassNumbers(context.head.classes.map(({ name }) => name))
  }

  *write(image: LabelledImage, { label }: { label: string }): Generator<OutputPiece> {
    const path = `${folderOf(image.split)}metadata.jsonl`
    this.#open.add(path)
    yield { path, content: `${JSON.stringify(this.#row(image, label))}\n`, more: true }
  }

  #row(image: LabelledImage, label: string): JsonObject {
    const { head, losses } = this.#context
    const found = objectsOf(image.annotations, head.classes).flatMap((object) => {
      const box = uprightBox(
        object,
        { format: 'Hugging Face', hasCrowds: false },
        image.path,
        losses,
      )
      return box ? [{ object, box }] : []
    })
    const { key: spelt, numbered, sized, placed, listed } = fieldsOf(image.extra, ROW)
    const key = textOfField(spelt) ?? 'categories'
    const categories = found.map(({ object: { className } }) =>
      numbered === false && spelt !== null ? className : this.#numbers.of(className),
    )
    const isSized = sized !== false && image.width !== null && image.height !== null
    const kept = found.map(({ object }) => fieldsOf(mainOf(object).extra, 'hugging_face'))
    const names = new Set(kept.flatMap((fields) => Object.keys(fields)))
    const lists = [...names].map((name): [string, Json[]] => [
      name,
      kept.map((fields) => fields[name] ?? null),
    ])
    const columns: { [name: string]: Json[] } = {
      bbox: found.map(({ box: { x, y, w, h } }) => [x, y, w, h].map(rounded)),
      [key]: categories,
      ...Object.fromEntries(lists),
    }
    return {
      file_name: label,
      ...fieldsOf(image.extra, 'hugging_face'),
      ...(isSized && { width: image.width, height: image.height }),
      ...((placed !== false || found.length > 0) && {
        objects: listed === true ? rowsOf(columns) : columns,
      }),
    }
  }

  *end(): Generator<OutputPiece> {
    if (this.#open.size === 0) yield { path: 'metadata.jsonl', content: '' }
    for (const path of this.#open) yield { path, content: '' }
    yield { path: 'categories.json', content: `${JSON.stringify(this.#numbers.names, null, 2)}\n` }
  }
}

export const huggingFace: Format<RowEntry> = {
  id: 'hugging_face',
  label: 'Hugging Face image folder',
  extraKey: 'hugging_face',
  needs: 'pixels',
  keeps: { split: true },
  recognise: ({ kind, path, keys }) =>
    kind === 'json' && /\.jsonl$/i.test(path) && keys.has('file_name') ? 'rows with boxes' : null,
  open: openHuggingFace,
  placer: () => {
    const taken = new Set<string>()
    return ({ path, split }) => {
      const folder = folderOf(split)
      const short = split
        ? withoutFirst(path, new RegExp(`^(?:${split}|${folder.slice(0, -1)})$`, 'i'))
        : path
      const label = taken.has(`${folder}${short}`.toLowerCase()) ? path : short
      taken.add(`${folder}${label}`.toLowerCase())
      return { image: `${folder}${label}`, label }
    }
  },
  writer: (context) => new HuggingFaceWriter(context),
}
