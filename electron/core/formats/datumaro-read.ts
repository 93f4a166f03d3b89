import { openRing } from '#shared/geometry/ring.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import { type Annotation, newAnnotation, type Shape } from '#shared/model/annotation.ts'
import { carrying, isJsonObject, unsaid } from './carry.ts'
import { readRle } from './coco-read.ts'
import { DATUMARO_GEOMETRY, shapeFields } from './datumaro-shape.ts'
import {
  confidenceOf,
  numberOf,
  numbersOf,
  objectAt,
  pointsOf,
  shown,
  withoutKeys,
} from './fields.ts'
import { FormatError } from './format-error.ts'
import type { MaskBudget } from './mask-runs.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html

export interface DatumaroLabel {
  className: string
  /** Of a skeleton; empty: there is none. */
  joints: readonly string[]
}

export interface DatumaroContext {
  labels: readonly DatumaroLabel[]
  nextInstance: () => number
  budget: MaskBudget
}

function readBox({ bbox, attributes }: JsonObject): Shape {
  if (!Array.isArray(bbox) || bbox.length !== 4)
    throw new FormatError('bbox', `must be x, y, width and height, not ${shown(bbox)}`)
  const [x, y, w, h] = numbersOf(bbox, 'bbox')
  if (!(w > 0 && h > 0)) throw new FormatError('bbox', 'needs a width and a height greater than 0')
  // As CVAT writes them: the box before it is turned, and degrees clockwise.
  const rotation = isJsonObject(attributes) ? numberOf(attributes.rotation) : null
  const degrees = rotation === null ? 0 : normaliseAngle(rotation)
  if (degrees === 0) return { kind: 'bbox', x, y, w, h }
  return { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: degrees }
}

function readPoints({ points }: JsonObject, least: number) {
  if (!Array.isArray(points))
    throw new FormatError('points', `must be a list, not ${shown(points)}`)
  const list = pointsOf(points, 'points')
  if (list.length >= least) return list
  throw new FormatError('points', `has ${list.length}; it needs at least ${least}`)
}

/** A list of points is several shapes, a mask of two regions too. */
function readShapes(raw: JsonObject, { budget }: Pick<DatumaroContext, 'budget'>): Shape[] {
  switch (raw.type) {
    case 'bbox':
      return [readBox(raw)]
    case 'polygon': {
      const ring = openRing(readPoints(raw, 3))
      if (ring.length >= 3) return [{ kind: 'polygon', rings: [ring] }]
      throw new FormatError('points', `has ${ring.length}; it needs at least 3`)
    }
    case 'polyline':
      return [{ kind: 'polyline', points: readPoints(raw, 2) }]
    case 'mask': {
      const shapes = readRle(objectAt(raw.rle, 'rle'), budget)
      if (shapes.length > 0) return shapes
      throw new FormatError('rle', 'is empty: no pixel is inside')
    }
    default:
      return readPoints(raw, 1).map((point) => ({ kind: 'keypoint', ...point }))
  }
}

/** Types that have no place here: they go along with their image. */
export const isDrawn = (type: unknown): boolean =>
  ['bbox', 'polygon', 'polyline', 'mask', 'points'].includes(String(type))

function labelOf({ label_id: id }: JsonObject, { labels }: DatumaroContext): DatumaroLabel {
  const number = numberOf(id)
  const label = number === null ? undefined : labels[number]
  if (label) return label
  const what =
    number === null
      ? `must be the number of a label, not ${shown(id)}`
      : `no label has the number ${shown(id)}`
  throw new FormatError('label_id', what)
}

interface Joint {
  className: string
  isThere: boolean
  isOccluded: boolean
}

/** What each point of a list is: a joint where its label has a skeleton. */
function jointsOf(raw: JsonObject, label: DatumaroLabel, count: number): Joint[] {
  const seen = Array.isArray(raw.visibility) ? raw.visibility : []
  return Array.from({ length: count }, (_, index) => ({
    className: label.joints[index] ?? label.className,
    isThere: seen[index] !== 0,
    isOccluded: seen[index] === 1,
  }))
}

/** An annotation of theirs as ours. Throws a FormatError. */
export function readDatumaroAnnotation(value: unknown, context: DatumaroContext): Annotation[] {
  const raw = objectAt(value, '')
  const label = labelOf(raw, context)
  const shapes = readShapes(raw, context)
  const group = numberOf(raw.group)
  const isGrouped = group !== null && Number.isInteger(group) && group > 0
  const isMany = shapes.length > 1 || label.joints.length > 0
  const instanceId = isGrouped ? group : isMany ? context.nextInstance() : undefined
  const said = isJsonObject(raw.attributes) ? raw.attributes : {}
  const score = confidenceOf(said.score)
  const isTurned = shapes[0].kind === 'oriented_box'
  const attributes = withoutKeys(said, [
    ...(score !== null && score !== 1 ? ['score'] : []),
    ...(isTurned ? ['rotation'] : []),
  ])
  const isPoints = raw.type === 'points'
  const joints = isPoints ? jointsOf(raw, label, shapes.length) : []
  const annotations = shapes.flatMap((shape, index) => {
    const joint = joints[index]
    if (joint && !joint.isThere) return []
    const own = joint?.isOccluded ? { ...attributes, occluded: 'true' } : attributes
    return newAnnotation(shape, joint?.className ?? label.className, {
      attributes: own,
      confidence: score ?? 1,
      ...(instanceId !== undefined && { instanceId }),
    })
  })
  if (annotations.length === 0) return []
  const { fields, given } = unsaid(
    withoutKeys(raw, ['attributes', 'label_id', 'group']),
    { ...shapeFields(annotations[0].shape, null, null, ''), z_order: 0 },
    DATUMARO_GEOMETRY,
  )
  const own = Object.keys(raw).filter((key) => DATUMARO_GEOMETRY.has(key))
  const isSpelt = Object.keys(given).length > 0 || shapes.length > 1
  const whole = Object.fromEntries(own.map((key): [string, Json] => [key, raw[key]]))
  const isPose = isPoints && label.joints.length > 0
  const spelt: JsonObject = isSpelt
    ? {
        ...whole,
        ...(!isGrouped && { group: 0 }),
        ...(isPose && { label: label.className }),
        // Joints have a word of their own for it.
        ...(isPoints && said.occluded !== undefined && { occluded: said.occluded }),
      }
    : {}
  return carrying(annotations, 'datumaro', fields, spelt)
}
