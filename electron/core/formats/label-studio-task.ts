import { isJsonObject } from './carry.ts'
import { numberOf, objectAt, shown } from './fields.ts'
import { FormatError } from './format-error.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: https://labelstud.io/guide/export, JSON, JSON-MIN and CSV

/** A task in the form that JSON-MIN and CSV are brought into. */
export interface Task {
  raw: JsonObject
  /** Which of its annotations is read. */
  results: Json[]
  /** Its number in `annotations`; null: from elsewhere. */
  index: number | null
}

export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

/** Results of a region in JSON-MIN: the value alone, whose labels tell what it is. */
function resultOfMin(value: Json, from: string): Json[] {
  if (!isJsonObject(value)) return []
  const labels = Object.keys(value).find((key) => /labels$/.test(key) && Array.isArray(value[key]))
  const { original_width, original_height, ...own } = value
  const bare =
    own.points !== undefined ? 'polygon' : own.radiusX !== undefined ? 'ellipse' : 'rectangle'
  const type = labels === undefined || labels === 'labels' ? bare : labels
  const list = labels === undefined ? {} : { [`${type.replace(/labels$/, '')}labels`]: own[labels] }
  return [
    {
      original_width: original_width ?? null,
      original_height: original_height ?? null,
      value: { ...own, ...list },
      from_name: from,
      to_name: 'image',
      type: `${type.replace(/labels$/, '')}labels`,
    },
  ]
}

/** Whether a column of JSON-MIN and CSV holds regions. */
const areRegions = (value: Json): value is Json[] =>
  Array.isArray(value) &&
  value.some((one) => isJsonObject(one) && numberOf(one.original_width) !== null)

/** Columns of JSON-MIN and CSV about the annotation, by the keys that it has in JSON. */
const OF_ANNOTATION: Record<string, string> = {
  annotation_id: 'id',
  annotator: 'completed_by',
  created_at: 'created_at',
  updated_at: 'updated_at',
  lead_time: 'lead_time',
}

/** A row of JSON-MIN or CSV as the task that it was exported from. */
function taskOfMin({ id, ...columns }: JsonObject): Task {
  const results: Json[] = []
  const annotation: JsonObject = {}
  const data: JsonObject = {}
  for (const [name, value] of Object.entries(columns)) {
    if (areRegions(value)) results.push(...value.flatMap((one) => resultOfMin(one, name)))
    else if (OF_ANNOTATION[name] === undefined) data[name] = value
    else annotation[OF_ANNOTATION[name]] = /_at$/.test(name) ? value : (numberOf(value) ?? value)
  }
  const annotations = [{ ...annotation, result: results }]
  const raw = { ...(id !== undefined && { id: numberOf(id) ?? id }), data, annotations }
  return { raw, results, index: 0 }
}

/** Whether an annotation counts: it was not skipped, and says something or that there is nothing. */
export const isDone = (annotation: Json): annotation is JsonObject =>
  isJsonObject(annotation) && annotation.was_cancelled !== true && Array.isArray(annotation.result)

/** What target storage holds is an annotation with its task inside, where exports have a task with its annotations. */
function taskAround(value: JsonObject): JsonObject {
  const { task, ...annotation } = value
  const isAnnotation = Array.isArray(value.result) && isJsonObject(task) && isJsonObject(task.data)
  return isAnnotation ? { ...task, annotations: [annotation] } : value
}

/** The annotation that is read: the one marked as truth, else the first that was not skipped, else a prediction. */
export function taskOf(value: unknown): Task {
  const raw = taskAround(objectAt(value, ''))
  if (!isJsonObject(raw.data)) return taskOfMin(raw)
  const key = Array.isArray(raw.annotations) ? 'annotations' : 'completions'
  const annotations = listOf(raw[key])
  const truth = annotations.findIndex((one) => isDone(one) && one.ground_truth === true)
  const first = truth >= 0 ? truth : annotations.findIndex(isDone)
  const chosen = annotations[first]
  if (isJsonObject(chosen)) return { raw, results: listOf(chosen.result), index: first }
  const [prediction] = listOf(raw.predictions)
  return { raw, results: isJsonObject(prediction) ? listOf(prediction.result) : [], index: null }
}

const dataOf = ({ raw }: Task): JsonObject => (isJsonObject(raw.data) ? raw.data : {})

const isImageAddress = (value: Json): value is string =>
  typeof value === 'string' && /\.(?:jpe?g|png|webp|bmp|gif|tiff?|avif)(?:[?#&]|$)/i.test(value)

/** The key of a task's data that names its image. Throws a FormatError. */
function imageKeyOf(task: Task): string {
  const data = dataOf(task)
  const named = task.results.flatMap((result) =>
    isJsonObject(result) && typeof result.source === 'string'
      ? [result.source.replace(/^\$/, '')]
      : [],
  )
  const keys = Object.keys(data).filter((key) => typeof data[key] === 'string')
  const usual = ['image', 'img', 'image_url', 'photo', 'ocr']
  const found =
    named.find((key) => keys.includes(key)) ??
    usual.find((key) => keys.includes(key)) ??
    keys.find((key) => isImageAddress(data[key]))
  if (found !== undefined) return found
  throw new FormatError('data.image', `must name the image, not ${shown(data.image)}`)
}

/** One image of a task. */
export interface TaskImage {
  /** Of the task's data. */
  key: string
  /** Its number in a list of pages; null: the key holds one image. */
  page: number | null
  address: string
}

/** Pages of a document: `valueList` of the labeling setup; results name theirs by `item_index`. */
function pagesOf(task: Task): TaskImage[] {
  const data = dataOf(task)
  const key = Object.keys(data).find((name) => {
    const list = data[name]
    return Array.isArray(list) && list.length > 0 && list.every(isImageAddress)
  })
  if (key === undefined) return []
  return listOf(data[key]).map((address, page) => ({ key, page, address: String(address) }))
}

/** Results with a shape. Choices, texts and the labels of parts of a text may be about the task's other columns. */
const isDrawn = ({ type, value }: JsonObject): boolean =>
  isJsonObject(value) &&
  /^(?:rectangle|polygon|ellipse|keypoint|brush|bitmask|vector|cuboid|magicwand)(?:labels)?$/.test(
    String(type),
  )

/** The names in the labeling setup of the images that results are drawn on. */
const targetsOf = ({ results }: Task): Set<string> =>
  new Set(
    results.flatMap((result) =>
      isJsonObject(result) && isDrawn(result) && typeof result.to_name === 'string'
        ? [result.to_name]
        : [],
    ),
  )

/** The images of a task: one, but for setups that show several side by side or page by page. Throws a FormatError. */
export function imagesOf(task: Task): TaskImage[] {
  const data = dataOf(task)
  const images = Object.keys(data).filter((key) => isImageAddress(data[key]))
  const targets = [...targetsOf(task)]
  if (images.length > 1 && targets.length > 1) {
    const unknown = targets.filter((target) => !images.includes(target))
    if (unknown.length > 0)
      throw new FormatError(
        'data',
        `has several images (${images.join(', ')}), and results are drawn on “${unknown[0]}”: which of them that is only the labeling setup tells. Name the image there like its column`,
      )
    return images.map((key) => ({ key, page: null, address: String(data[key]) }))
  }
  const pages = images.length === 0 ? pagesOf(task) : []
  if (pages.length > 0) return pages
  const drawnOn = images.length > 1 ? images.find((key) => targets.includes(key)) : undefined
  const key = drawnOn ?? imageKeyOf(task)
  return [{ key, page: null, address: String(data[key]) }]
}

/** The part of a task that is about one of its images, as if it were a task of its own. */
export function taskOfImage(task: Task, image: TaskImage, count: number): Task {
  const { key, page, address } = image
  if (count === 1 && page === null) return task
  const targets = targetsOf(task)
  const results = task.results.flatMap((result): JsonObject[] => {
    if (!isJsonObject(result)) return []
    const { item_index: index, ...own } = result
    // Choices about the task as a whole hold for each of its images.
    const isOfAll = typeof own.to_name !== 'string' || !targets.has(own.to_name)
    const isIts = page === null ? own.to_name === key || isOfAll : (index ?? 0) === page
    return isIts ? [own] : []
  })
  const {
    annotations: _annotations,
    completions: _completions,
    predictions: _predictions,
    ...raw
  } = task.raw
  return {
    raw: { ...raw, data: { [key]: address }, annotations: [{ result: results }] },
    results,
    index: task.index === null ? null : 0,
  }
}
