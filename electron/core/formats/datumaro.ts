import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { isJsonObject } from './carry.ts'
import { readSkeleton } from './coco-read.ts'
import { instanceIds } from './common.ts'
import {
  type DatumaroContext,
  type DatumaroLabel,
  isDrawn,
  readDatumaroAnnotation,
} from './datumaro-read.ts'
import { DatumaroWriter, FOREIGN } from './datumaro-write.ts'
import { distinctNames, numberOf, shown, sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { parseJson } from './json-fault.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { maskBudget } from './mask-runs.ts'
import { splitOfFolders, splitOfName } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelSource,
  OnFault,
  OpenContext,
  ReadLabels,
} from './types.ts'

// The layout: https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html

interface DatumaroEntry extends LabelEntry {
  item: JsonObject
  labels: readonly DatumaroLabel[]
  field: string
}

/** Below `images/<subset>` or `images` beside `annotations`, else beside the file. */
function placesOf(file: string, reference: string): string[] {
  const name = cleanReference(reference)
  const local = name.startsWith('/') ? fileNameOf(name) : name
  const own = directoryOf(file)
  const up = directoryOf(own)
  const subset = fileNameOf(stemOf(file))
  const folders = [
    joinPath(up, `images/${subset}`),
    joinPath(up, 'images'),
    joinPath(own, 'images'),
    own,
    up,
  ]
  return [...new Set(folders)].map((folder) => resolvePath(joinPath(folder, local)))
}

interface Opened {
  classes: AnnotationClass[]
  head: JsonObject
  entries: DatumaroEntry[]
}

function readLabels(json: JsonObject, file: string, opened: Opened, context: OpenContext) {
  const categories = isJsonObject(json.categories) ? json.categories : {}
  const label = isJsonObject(categories.label) ? categories.label : {}
  const list = label.labels ?? []
  if (!Array.isArray(list))
    throw new FormatError('categories.label.labels', `must be a list, not ${shown(list)}`)
  requireAtMost(list.length, LIMITS.classes, 'labels', 'categories.label.labels')
  const raws = list.map((raw) => (isJsonObject(raw) ? raw : { name: raw }))
  const names = raws.map(({ name }, index) => {
    const text = textOfField(name)
    if (text !== null) return text
    const field = `categories.label.labels[${index}].name`
    context.fail({ file, field, message: `must be the name of a label, not ${shown(name)}` })
    return `label ${index}`
  })
  const distinct = distinctNames(names)
  opened.classes = withClassNames(opened.classes, distinct)
  const points = isJsonObject(categories.points) ? categories.points : {}
  const joints = new Map<number, string[]>()
  const byName = new Map(opened.classes.map((item) => [item.name, item]))
  for (const item of Array.isArray(points.items) ? points.items : []) {
    const number = isJsonObject(item) ? numberOf(item.label_id) : null
    if (!isJsonObject(item) || number === null || !Array.isArray(item.labels)) continue
    requireAtMost(item.labels.length, LIMITS.joints, 'joints', 'categories.points.items')
    const own = item.labels.map(String)
    const target = byName.get(distinct[number])
    if (!target || own.length === 0) continue
    joints.set(number, own)
    target.skeleton = {
      nodes: own.map((name) => ({ name })),
      edges: readSkeleton(item.joints, own.length),
    }
  }
  opened.classes = withClassNames(opened.classes, [...joints.values()].flat())
  if (opened.head.labels === undefined) {
    const top = withoutKeys(json, ['items', 'categories'])
    opened.head = { top, categories, labels: raws as Json, called: distinct }
  }
  return distinct.map((className, number) => ({ className, joints: joints.get(number) ?? [] }))
}

function* openFile(file: InputFile, opened: Opened, context: OpenContext): Generator<void> {
  const json = parseJson(textOf(file))
  yield
  if (!isJsonObject(json) || !Array.isArray(json.items))
    throw new FormatError('items', 'is missing: not a file of Datumaro')
  const labels = readLabels(json, file.path, opened, context)
  const split = splitOfName(file.path) ?? splitOfFolders(file.path)
  for (const [index, item] of json.items.entries()) {
    const field = `items[${index}]`
    const image = isJsonObject(item) && isJsonObject(item.image) ? item.image : {}
    const id = isJsonObject(item) ? textOfField(item.id) : null
    const name = textOfField(image.path) ?? (id === null ? null : `${id}.*`)
    if (!isJsonObject(item) || name === null) {
      const message = 'names no image: it needs an id or the path of its image'
      context.fail({ file: file.path, field, message })
      continue
    }
    const [height, width] = Array.isArray(image.size) ? image.size : []
    opened.entries.push({
      file: file.path,
      name,
      places: placesOf(file.path, name),
      size: sizeOf(width, height),
      ...(split && { split, context: split }),
      ...{ item, labels, field },
    })
  }
}

function* openDatumaro(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<DatumaroEntry>> {
  const opened: Opened = { classes: [], head: {}, entries: [] }
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue
    yield
    try {
      yield* openFile(file, opened, context)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return {
    classes: opened.classes,
    extra: { datumaro: opened.head },
    entries: opened.entries,
    read: (entry, _size, fail, losses) => readEntry(entry, fail, losses),
  }
}

function readEntry(
  { item, labels, field, name, file }: DatumaroEntry,
  fail: OnFault,
  losses: LossLog,
): ReadLabels {
  const raws = Array.isArray(item.annotations) ? item.annotations : []
  const nextInstance = instanceIds(
    raws.map((raw) => ({
      instanceId: (isJsonObject(raw) ? numberOf(raw.group) : null) ?? undefined,
    })),
  )
  const context: DatumaroContext = { labels, nextInstance, budget: maskBudget() }
  const tags: string[] = []
  const foreign: Json[] = []
  const annotations = raws.flatMap((raw, index) => {
    const type = isJsonObject(raw) ? raw.type : null
    const label =
      isJsonObject(raw) && type === 'label' ? labels[numberOf(raw.label_id) ?? -1] : null
    if (label && isPlainTag(raw)) {
      tags.push(label.className)
      return []
    }
    if (!isDrawn(type) && isJsonObject(raw)) {
      if (label) tags.push(label.className)
      else losses.add(`annotations of type ${shown(type)} go back to Datumaro alone`, file)
      const named = labels[numberOf(raw.label_id) ?? -1]?.className
      foreign.push({ ...raw, ...(named !== undefined && { label_id: named }) })
      return []
    }
    try {
      return readDatumaroAnnotation(raw, context)
    } catch (error) {
      fail(`${field}.annotations[${index}]`, error)
      return []
    }
  })
  const image = withoutKeys(isJsonObject(item.image) ? item.image : {}, ['path', 'size'])
  const extra: JsonObject = {
    ...withoutKeys(item, ['annotations', 'image']),
    path: name,
    // Its path and size are said anew.
    ...(Object.keys(image).length > 0 && { image }),
    ...(foreign.length > 0 && { [FOREIGN]: foreign }),
  }
  return { annotations, ...(tags.length > 0 && { tags }), extra: { datumaro: extra } }
}

/** A tag that says nothing besides. */
const isPlainTag = (raw: Json): boolean =>
  isJsonObject(raw) && !numberOf(raw.group) && Object.keys(raw.attributes ?? {}).length === 0

export const datumaro: Format<DatumaroEntry> = {
  id: 'datumaro',
  label: 'Datumaro',
  extraKey: 'datumaro',
  needs: 'pixels',
  keeps: { attributes: true, confidence: true, instances: true, tags: true, split: true },
  recognise: ({ keys }) =>
    keys.has('items') && (keys.has('categories') || keys.has('dm_format_version'))
      ? 'items and categories'
      : null,
  open: openDatumaro,
  placer: imagesPlacer,
  writer: (context) => new DatumaroWriter(context),
}
