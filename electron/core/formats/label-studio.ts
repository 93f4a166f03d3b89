import { withClassNames } from '#shared/model/annotation-class.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { fieldsOf, isJsonObject, spelledTogether } from './carry.ts'
import { csvRows } from './csv.ts'
import { sizeOf, textOfField, withoutKeys } from './fields.ts'
import { failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { parseJson } from './json-fault.ts'
import { eachJsonItem } from './json-items.ts'
import { readResults, sizeInResults } from './label-studio-read.ts'
import {
  imagesOf,
  isDone,
  listOf,
  type Task,
  type TaskImage,
  taskOf,
  taskOfImage,
} from './label-studio-task.ts'
import { type Names, regionResults, resultsBefore } from './label-studio-write.ts'
import type { LossLog } from './loss-log.ts'
import { UNIT_SIZE } from './sizes.ts'
import { splitOfFolders, splitOfName } from './splits.ts'
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
  Size,
  WriteContext,
} from './types.ts'
import { nodeText, xmlNode } from './xml-nodes.ts'

// The layout: https://labelstud.io/guide/export, JSON, JSON-MIN and CSV

/** A family of its own in `extra`: the task around the regions. */
const TASK = 'label_studio_task'

interface TaskEntry extends LabelEntry {
  field: string
  image: TaskImage
  /** How many images its task has. */
  count: number
  again: () => unknown
}

const withoutQuery = (address: string) => address.replace(/[?#].*/, '')

/**
 * The path in an address of a task. Servers of local storage have routes of their own: where the address itself is no
 * image, the first value of its query that is one counts, as `d` of `/files?d=sub/a.jpg`.
 */
function referenceOf(address: string): string {
  const clean = cleanReference(address)
  if (!address.includes('?') || hasImageExtension(withoutQuery(clean))) return clean
  const query = new URLSearchParams(address.replace(/^[^?]*\?|#.*$/g, '').replaceAll('+', '%2B'))
  const inQuery = [...query.values()].map(cleanReference).find(hasImageExtension)
  return inQuery ?? clean
}

/** An upload is called by eight letters and the name that it had. */
const UPLOADED = /^[0-9a-f]{8}-(?=.)/

function placesOf(file: string, reference: string): string[] {
  const own = directoryOf(file)
  const local = reference.replace(/^\/+/, '')
  const name = fileNameOf(local)
  const names = [...new Set([local, name, name.replace(UPLOADED, '')])]
  return [own, joinPath(own, 'images')].flatMap((folder) =>
    names.map((one) => resolvePath(joinPath(folder, one))),
  )
}

function entriesOf(file: InputFile, task: Task, field: string, again: () => unknown): TaskEntry[] {
  const images = imagesOf(task)
  return images.map((image) => {
    const reference = referenceOf(image.address)
    const { results } = taskOfImage(task, image, images.length)
    const { width, height } = sizeInResults(results)
    const split = splitOfFolders(reference) ?? splitOfName(file.path) ?? splitOfFolders(file.path)
    // Uploads have lost their folder, and got a mark before their name.
    const isUpload = /\/upload\//.test(reference) && UPLOADED.test(fileNameOf(reference))
    return {
      ...{ file: file.path, field, again, image, count: images.length },
      name: isUpload ? fileNameOf(reference).replace(UPLOADED, '') : reference.replace(/^\/+/, ''),
      places: placesOf(file.path, reference),
      size: sizeOf(width, height),
      ...(split && { split, context: split }),
    }
  })
}

const TABLE = /\.[ct]sv$/i

/** A row of the CSV or TSV export as JSON-MIN: cells that are JSON are parsed. */
function* csvTasks(file: InputFile): Generator<{ value: JsonObject; field: string }> {
  const rows = csvRows(textOf(file), /\.tsv$/i.test(file.path) ? '\t' : ',')
  const first = rows.next()
  const header: string[] = first.done ? [] : first.value.fields
  for (const { fields, line } of rows) {
    const cells = header.map((name, index): [string, Json] => {
      const text = fields[index] ?? ''
      const isJson = /^\s*[[{]/.test(text)
      return [name, isJson ? (parseJson(text, `line ${line}.${name}`) as Json) : text]
    })
    yield { value: Object.fromEntries(cells), field: `line ${line}` }
  }
}

function* openLabelStudio(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<TaskEntry>> {
  const entries: TaskEntry[] = []
  const seen = new Set<string>()
  for (const file of files) {
    yield
    const add = (value: unknown, field: string, again: () => unknown) => {
      try {
        const task = taskOf(value)
        for (const entry of entriesOf(file, task, field, again)) entries.push(entry)
        for (const name of labelNames(task.results)) seen.add(name)
      } catch (error) {
        context.fail(failureOf(file.path, error, field))
      }
    }
    try {
      if (TABLE.test(file.path))
        for (const { value, field } of csvTasks(file)) add(value, field, () => value)
      else if (/\.json$/i.test(file.path))
        yield* eachJsonItem(
          file,
          ({ value, field, again }) => add(value, field, again),
          context.fail,
        )
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return { classes: withClassNames([], [...seen]), entries, read: readEntry }
}

function labelNames(results: readonly Json[]): string[] {
  return results.flatMap((result) => {
    if (!isJsonObject(result) || !isJsonObject(result.value)) return []
    const list = result.value[String(result.type)]
    return /labels$/.test(String(result.type)) && Array.isArray(list)
      ? list.slice(0, 1).flatMap((name) => textOfField(name) ?? [])
      : []
  })
}

function readEntry(
  entry: TaskEntry,
  size: Size | null,
  fail: OnFault,
  losses: LossLog,
): ReadLabels {
  const whole = taskOf(entry.again())
  const { raw, results, index } = taskOfImage(whole, entry.image, entry.count)
  if (entry.count > 1)
    losses.add(
      'a task of several images is read as one for each of them, without its other annotations and predictions',
      entry.name,
    )
  const onFault: OnFault = (field, error) => fail(`${entry.field}.${field}`, error)
  const read = readResults(results, size ?? UNIT_SIZE, onFault, losses, entry.name)
  const key = Array.isArray(raw.annotations) ? 'annotations' : 'completions'
  const annotations = listOf(raw[key])
  if (index !== null && annotations.filter(isDone).length > 1)
    losses.add('an image with several annotations: the first that counts is read', entry.name)
  if (index === null && results.length > 0)
    losses.add('predictions are read where nobody has annotated', entry.name)
  const chosen = index === null ? null : annotations[index]
  const task: JsonObject = {
    raw: withoutKeys(raw, [key]),
    image: entry.image.key,
    ...(isJsonObject(chosen) && { chosen: withoutKeys(chosen, ['result']) }),
    before: annotations.slice(0, index ?? 0),
    after: annotations.slice((index ?? -1) + 1),
    others: read.others,
  }
  return {
    annotations: read.annotations,
    // The list also has tasks that nobody has started.
    ...(chosen === null && results.length === 0 && { isLabelled: false }),
    ...(read.tags.length > 0 && { tags: [...new Set(read.tags)] }),
    extra: { [TASK]: task, label_studio: counted(read.others) },
  }
}

/** How much of a task has no place elsewhere. */
function counted(others: readonly JsonObject[]): JsonObject {
  const relations = others.filter(({ type }) => type === 'relation').length
  const choices = others.filter(({ type }) => type === 'choices').length
  return { relations, 'results of the whole image': others.length - relations - choices }
}

/** The tag and the result type of each kind of control. */
const SETUP: Record<string, [tag: string, type: string]> = {
  rectangle: ['RectangleLabels', 'rectanglelabels'],
  polygon: ['PolygonLabels', 'polygonlabels'],
  keypoint: ['KeyPointLabels', 'keypointlabels'],
  brush: ['BrushLabels', 'brushlabels'],
}

const NAMES: Names = { fromNames: {}, toName: 'image' }

/** All tasks in one file, and the labeling setup that they need. */
class LabelStudioWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #names = new Set<string>()
  #isEmpty = true

  constructor(context: WriteContext) {
    this.#context = context
    for (const { name } of context.head.classes) this.#names.add(name)
  }

  *write(image: LabelledImage, { label }: { label: string }): Generator<OutputPiece> {
    const start = this.#isEmpty ? '[\n' : ',\n'
    this.#isEmpty = false
    yield {
      path: 'label-studio.json',
      content: `${start}${JSON.stringify(this.#task(image, label))}`,
      more: true,
    }
  }

  *end(): Generator<OutputPiece> {
    yield { path: 'label-studio.json', content: this.#isEmpty ? '[]\n' : '\n]\n' }
    const labels = [...this.#names].map((name) => xmlNode('Label', '', { value: name }))
    const controls = Object.entries(SETUP).map(([name, [tag]]) =>
      xmlNode(tag, labels, { name, toName: NAMES.toName }),
    )
    const picture = xmlNode('Image', '', { name: NAMES.toName, value: '$image' })
    yield { path: 'labeling-setup.xml', content: nodeText(xmlNode('View', [picture, ...controls])) }
  }

  #task(image: LabelledImage, label: string): JsonObject {
    const { raw, image: key, chosen, before, after, others } = fieldsOf(image.extra, TASK)
    const task = isJsonObject(raw) ? raw : {}
    const data = isJsonObject(task.data) ? task.data : {}
    const name = typeof key === 'string' && isJsonObject(task.data) ? key : 'image'
    const isNamed =
      typeof data[name] === 'string' && referenceOf(data[name]).endsWith(fileNameOf(label))
    const results = this.#results(image)
    const known = listOf(others).filter(isJsonObject)
    const isAnnotated =
      chosen !== undefined || results.length > 0 || known.length > 0 || image.isLabelled
    const own: JsonObject = {
      ...(isJsonObject(chosen) ? chosen : {}),
      result: [...results, ...withTags(known, image.tags ?? [])],
    }
    const annotations = [...listOf(before), ...(isAnnotated ? [own] : []), ...listOf(after)]
    return {
      ...task,
      data: {
        ...data,
        ...(!isNamed && { [name]: `/data/local-files/?d=images/${encodeURI(label)}` }),
      },
      annotations,
    }
  }

  #results(image: LabelledImage): JsonObject[] {
    const { losses } = this.#context
    const { width, height, path } = image
    if (width === null || height === null) return []
    return [...spelledTogether(image.annotations, 'label_studio')].flatMap((members) => {
      for (const { className } of members) this.#names.add(className)
      const before = resultsBefore(members)
      if (before) return before
      return members.flatMap((member) =>
        regionResults(member, { width, height }, NAMES, losses, path),
      )
    })
  }
}

/** Results without a region, with the tags that the image has now. */
function withTags(others: readonly JsonObject[], tags: readonly string[]): JsonObject[] {
  const chosen = others.flatMap(({ type, value }) =>
    type === 'choices' && isJsonObject(value) ? listOf(value.choices) : [],
  )
  const isSame = chosen.length === tags.length && tags.every((tag) => chosen.includes(tag))
  if (isSame) return [...others]
  return [
    ...others.filter(({ type }) => type !== 'choices'),
    ...(tags.length > 0
      ? [
          {
            value: { choices: [...tags] },
            from_name: 'tags',
            to_name: NAMES.toName,
            type: 'choices',
          },
        ]
      : []),
  ]
}

export const labelStudio: Format<TaskEntry> = {
  id: 'label_studio',
  label: 'Label Studio',
  extraKey: 'label_studio',
  needs: 'fraction',
  keeps: { attributes: true, confidence: true, instances: true, tags: true },
  recognise: ({ kind, path, isList, inner, keys, text }) => {
    if (kind === 'text')
      return TABLE.test(path) && /original_width/.test(text) && /annotation_id|annotator/.test(text)
        ? 'rows of tasks'
        : null
    if (kind !== 'json' || /\.(?:jsonl|ndjson)$/i.test(path)) return null
    const top = isList ? inner('') : keys
    const isTask =
      top.has('data') &&
      (top.has('annotations') || top.has('completions') || top.has('predictions'))
    const isMin = isList && top.has('annotation_id') && top.has('annotator')
    const isStored = top.has('result') && top.has('task') && inner('task').has('data')
    return isTask || isMin || isStored ? 'tasks with results' : null
  },
  open: openLabelStudio,
  placer: imagesPlacer,
  writer: (context) => new LabelStudioWriter(context),
}
