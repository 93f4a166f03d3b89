import { shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'
import type { LossLog } from './loss-log.ts'
import type { Extra, Json, JsonObject } from './types.ts'

/**
 * File content that the model has no field for is kept in `extra`, under the key of the format's family:
 * - fields that the format has and we have not stand there by their names;
 * - how the file spelt a shape stands under `@given`, and holds as long as the shape is the same.
 */
const GIVEN = '@given'

export type Given = JsonObject

/** Fields that are not reported as a loss: they are derived from the rest, or mean nothing elsewhere. */
const SILENT = new Set([
  'id',
  'area',
  'ids',
  'num_keypoints',
  'version',
  'imageData',
  'imagePath',
  'folder',
  'filename',
  'path',
  'segmented',
  'depth',
  'origin',
  'group_id',
  'label',
  'nc',
  'kind',
  'dialect',
  'confidence',
  'size',
  'imagesize',
  'values',
  'called',
  'numbers',
])

/** Shapes that are polygons here, by the names of other programs. */
const ROUND: Record<string, string> = {
  circle: 'circles are written as polygons',
  ellipse: 'ellipses are written as polygons',
  cuboid: 'cuboids are written as their outline',
}

/** Names of the families, as their files' users call them. */
const FAMILY: Record<string, string> = {
  coco: 'COCO',
  coco_panoptic: 'COCO panoptic',
  csv: 'the CSV',
  cvat: 'CVAT',
  darwin: 'Darwin',
  datumaro: 'Datumaro',
  dota: 'DOTA',
  hugging_face: 'Hugging Face',
  label_studio: 'Label Studio',
  labelbox: 'Labelbox',
  labelme: 'labelme',
  open_images: 'Open Images',
  pascal_voc: 'Pascal VOC',
  via: 'VIA',
  yolo: 'YOLO',
}

const PRIME = 0x01000193

const mix = (hash: number, value: number) => Math.imul(hash ^ Math.round(value * 1e4), PRIME)

function mixPoints(hash: number, points: readonly Point[]): number {
  let result = hash
  for (const { x, y } of points) result = mix(mix(result, x), y)
  return result
}

/** So many shapes are remembered: those of the image that is read and written again. */
const MOST_MARKS = 1_000
/** Shapes are never changed in place: each is gone over once, though it is asked for several times. */
const marks = new Map<Shape, string>()

/** Tells whether shapes are the same as before, to a ten-thousandth of a pixel (FNV-1a over the coordinates). */
export function shapeMark(annotations: readonly Pick<Annotation, 'shape'>[]): string {
  const only = annotations.length === 1 ? annotations[0].shape : null
  const known = only ? marks.get(only) : undefined
  if (known !== undefined) return known
  const mark = computeMark(annotations)
  if (marks.size >= MOST_MARKS) marks.clear()
  if (only) marks.set(only, mark)
  return mark
}

function computeMark(annotations: readonly Pick<Annotation, 'shape'>[]): string {
  let hash = 0x811c9dc5
  for (const { shape } of annotations) {
    hash = mix(hash, shape.kind.length)
    if (shape.kind === 'polygon')
      for (const ring of shape.rings) hash = mixPoints(mix(hash, ring.length), ring)
    else hash = mixPoints(hash, shapeVertices(shape))
  }
  return (hash >>> 0).toString(36)
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Alike but for the spelling of numbers. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
  if (Array.isArray(a))
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]))
    )
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => sameJson(a[key], b[key]))
}

const isEmpty = (value: Json) => value === null || (Array.isArray(value) && value.length === 0)

/**
 * The fields of `read` that writing would not say again: those of `geometry` hold for the shapes alone. null: writing
 * says everything.
 */
export function unsaid(
  read: JsonObject,
  written: JsonObject,
  geometry: ReadonlySet<string>,
): { fields: JsonObject; given: Given } {
  const fields: JsonObject = {}
  const given: Given = {}
  for (const key of Object.keys(read)) {
    if (sameJson(read[key], written[key])) continue
    // Nothing where there is something: what is written is better.
    if (geometry.has(key) && isEmpty(read[key]) && !isEmpty(written[key] ?? null)) continue
    if (geometry.has(key)) given[key] = read[key]
    else fields[key] = read[key]
  }
  return { fields, given }
}

/** Notes what a format said about some annotations in the first of them. */
export function carrying(
  annotations: readonly Annotation[],
  family: string,
  fields: JsonObject,
  given: Given = {},
): Annotation[] {
  const hasGiven = Object.keys(given).length > 0
  if (!hasGiven && Object.keys(fields).length === 0) return [...annotations]
  const [lead, ...others] = annotations
  const own: JsonObject = { ...fields }
  if (hasGiven) own[GIVEN] = { ...given, of: shapeMark(annotations), parts: annotations.length }
  return [{ ...lead, extra: { ...lead.extra, [family]: own } }, ...others]
}

/** The fields that a family's file had for this. */
export function fieldsOf(extra: Extra | undefined, family: string): JsonObject {
  const own = extra?.[family]
  if (!isJsonObject(own)) return {}
  const { [GIVEN]: _given, ...fields } = own
  return fields
}

/** How many annotations, from this one on, one thing of a family's file stands for. */
export function partsOf(extra: Extra | undefined, family: string): number {
  const own = extra?.[family]
  const given = isJsonObject(own) ? own[GIVEN] : undefined
  return isJsonObject(given) && typeof given.parts === 'number' ? given.parts : 1
}

/** How a family's file spelt the shapes; null where they were changed since, or need no spelling of their own. */
export function givenOf(annotations: readonly Annotation[], family: string): Given | null {
  for (const { extra } of annotations) {
    const own = extra?.[family]
    const given = isJsonObject(own) ? own[GIVEN] : undefined
    if (!isJsonObject(given)) continue
    const { of, parts: _parts, ...fields } = given
    return of === shapeMark(annotations) ? fields : null
  }
  return null
}

/** The annotations of an image, those together that one shape of a family's file stood for. */
export function* spelledTogether(
  annotations: readonly Annotation[],
  family: string,
): Generator<Annotation[]> {
  for (let index = 0; index < annotations.length; ) {
    const parts = partsOf(annotations[index].extra, family)
    const together = annotations.slice(index, index + parts)
    const isOne = parts > 1 && givenOf(together, family) !== null
    yield isOne ? together : [annotations[index]]
    index += isOne ? parts : 1
  }
}

/** Whether a value is as good as none. */
export function saysNothing(value: Json): boolean {
  if (value === null || value === '' || value === false || value === 0) return true
  if (value === 'Unknown' || value === 'Unspecified') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.values(value).every(saysNothing)
}

/** The loss message for a shape that is a polygon here; found by the name of its kind or by the field that holds it. */
function roundIn(given: JsonObject): string | undefined {
  const kind = Object.keys(ROUND).find(
    (name) => given.shape_type === name || given.element === name || given[name] !== undefined,
  )
  return kind === undefined ? undefined : ROUND[kind]
}

/** Counts what other formats said and this one, whose family is `own`, cannot say. */
export function reportExtra(
  extra: Extra | undefined,
  own: string,
  where: string,
  losses: LossLog,
): void {
  if (!extra) return
  for (const family of Object.keys(extra)) {
    const name = FAMILY[family]
    if (family === own || name === undefined) continue
    for (const [field, value] of Object.entries(fieldsOf(extra, family)))
      if (!SILENT.has(field) && !saysNothing(value))
        losses.add(`“${field}” of ${name} has no place in this format`, where)
    const whole = extra[family]
    const given = isJsonObject(whole) ? whole[GIVEN] : undefined
    const round = isJsonObject(given) ? roundIn(given) : undefined
    if (round !== undefined) losses.add(round, where)
  }
}

/** Counts the extra data of the dataset and its classes that a format cannot hold. */
export function reportHeadExtra(extra: Extra | undefined, own: string, losses: LossLog): void {
  const { coco } = extra ?? {}
  if (own === 'coco' || !isJsonObject(coco)) return
  const { categories, ...top } = coco
  reportExtra({ coco: top }, own, 'the dataset', losses)
  if (!isJsonObject(categories)) return
  for (const [name, category] of Object.entries(categories)) {
    if (!isJsonObject(category)) continue
    const { name: _name, keypoints: _keypoints, skeleton: _skeleton, ...others } = category
    reportExtra({ coco: others }, own, name, losses)
  }
}
