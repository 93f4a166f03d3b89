import { boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { openRing } from '#shared/geometry/ring.ts'
import {
  type Annotation,
  newAnnotation,
  newId,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import { isTrue } from '#shared/model/pose.ts'
import { carrying, isJsonObject, unsaid } from './carry.ts'
import { instanceIds } from './common.ts'
import { ellipseRing } from './ellipse.ts'
import {
  classNameOf,
  confidenceOf,
  numberOf,
  objectAt,
  pointsOf,
  shown,
  withoutKeys,
} from './fields.ts'
import { FormatError } from './format-error.ts'
import { type Dialect, LABELME_GEOMETRY, labelmeShapeFields } from './labelme-shape.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import { regionsOfMask } from './mask-runs.ts'
import { pngMask } from './png-mask.ts'
import { turnedBox } from './quad.ts'
import type { JsonObject, OnFault } from './types.ts'

function need(points: readonly Point[], counts: readonly number[], type: string): void {
  if (!counts.includes(points.length))
    throw new FormatError('points', `has ${points.length}; a ${type} needs ${counts.join(' or ')}`)
}

function readMask(mask: unknown, points: readonly Point[]): Shape[] {
  if (points.length === 0) throw new FormatError('points', 'has none; a mask needs its corner')
  if (typeof mask !== 'string' || mask === '') throw new FormatError('mask', 'is missing')
  const { width, height, data } = maskOf(mask)
  const shapes = regionsOfMask({ width, height, data }, 'mask').map(
    (rings): Shape => ({
      kind: 'polygon',
      rings: rings.map((ring) =>
        ring.map(({ x, y }) => ({ x: x + points[0].x, y: y + points[0].y })),
      ),
    }),
  )
  if (shapes.length > 0) return shapes
  throw new FormatError('mask', 'is empty')
}

function maskOf(base64: string) {
  try {
    return pngMask(Buffer.from(base64.replace(/^data:[^,]*,/, ''), 'base64'))
  } catch (error) {
    throw new FormatError('mask', error instanceof Error ? error.message : String(error))
  }
}

function circle(centre: Point, edge: Point): Shape {
  const radius = distance(centre, edge)
  if (radius === 0) throw new FormatError('points', 'make a circle without a radius')
  return { kind: 'polygon', rings: [ellipseRing(centre, radius, radius)] }
}

/** One of their shapes can be several of ours (a mask of two regions, a list of points). */
function readShapes(raw: JsonObject): Shape[] {
  if (!Array.isArray(raw.points))
    throw new FormatError('points', `must be a list, not ${shown(raw.points)}`)
  requireAtMost(raw.points.length, LIMITS.points, 'points', 'points')
  const points = raw.points.map((point, index) => {
    if (!Array.isArray(point) || point.length < 2)
      throw new FormatError(`points[${index}]`, `must be x and y, not ${shown(point)}`)
    return pointsOf(point.slice(0, 2), `points[${index}]`)[0]
  })
  // Files written before labelme 3 have no type; all their shapes were polygons.
  const type = raw.shape_type ?? 'polygon'
  switch (type) {
    case 'rectangle': {
      need(points, [2, 4], type)
      const { x, y, w, h } = boxFromCorners(points[0], points[points.length / 2])
      if (!(w > 0 && h > 0)) throw new FormatError('points', 'make a box without an extent')
      return [{ kind: 'bbox', x, y, w, h }]
    }
    case 'oriented_rectangle':
    case 'rotation':
      need(points, [4], type)
      return [turnedBox(points).shape]
    case 'polygon':
    case 'quadrilateral': {
      const ring = openRing(points)
      if (ring.length < 3)
        throw new FormatError('points', `has ${ring.length}; a polygon needs at least 3`)
      return [{ kind: 'polygon', rings: [ring] }]
    }
    case 'line':
    case 'linestrip':
      if (points.length < 2)
        throw new FormatError('points', `has ${points.length}; a line needs at least 2`)
      return [{ kind: 'polyline', points }]
    case 'point':
      need(points, [1], type)
      return [{ kind: 'keypoint', ...points[0] }]
    case 'points':
      if (points.length === 0) throw new FormatError('points', 'is empty')
      return points.map((point) => ({ kind: 'keypoint', ...point }))
    case 'circle':
      need(points, [2], type)
      return [circle(points[0], points[1])]
    case 'mask':
      return readMask(raw.mask, points)
    default:
      throw new FormatError('shape_type', `${shown(type)} is not known`)
  }
}

/** Whole numbers from 0, also written as texts; null for no group. */
function groupOf(value: unknown): number | null {
  const number = numberOf(value)
  return number !== null && Number.isInteger(number) && number >= 0 ? number : null
}

interface Instances {
  next(): number
  /** Theirs count from 0, ours from 1: group 0 gets a number that no other group of the file has. */
  of(group: number | null): number | undefined
}

function instancesOf(shapes: readonly unknown[]): Instances {
  const next = instanceIds(
    shapes.map((shape) => ({
      instanceId: (isJsonObject(shape) ? groupOf(shape.group_id) : null) ?? undefined,
    })),
  )
  let zero: number | null = null
  return {
    next,
    of: (group) => {
      if (group !== 0) return group ?? undefined
      zero ??= next()
      return zero
    },
  }
}

function readShape(value: unknown, instances: Instances, dialect: Dialect): Annotation[] {
  const raw = objectAt(value, '')
  const className = classNameOf(raw.label, 'label')
  const shapes = readShapes(raw)
  const group = groupOf(raw.group_id)
  const instanceId = instances.of(group) ?? (shapes.length > 1 ? instances.next() : undefined)
  const attributes: Annotation['attributes'] = isJsonObject(raw.attributes)
    ? { ...raw.attributes }
    : {}
  if (isTrue(raw.difficult)) attributes.difficult = 'true'
  const id = typeof raw.id === 'string' && raw.id.trim() !== '' ? raw.id : null
  const annotations = shapes.map((shape, index) =>
    newAnnotation(shape, className, {
      // The regions of one mask are the same ones at the next reading.
      id: id === null ? newId() : index === 0 ? id : `${id}#${index}`,
      confidence: confidenceOf(raw.score) ?? 1,
      attributes,
      ...(instanceId !== undefined && { instanceId }),
    }),
  )
  const written = labelmeShapeFields(annotations[0], dialect, null, '')
  const hasAttributes = isJsonObject(raw.attributes) && Object.keys(raw.attributes).length > 0
  const { fields, given } = unsaid(
    withoutKeys(raw, ['id', ...(hasAttributes ? ['attributes'] : [])]),
    written,
    LABELME_GEOMETRY,
  )
  // A group that is only counted otherwise is said again.
  if (group !== null && group > 0) delete fields.group_id
  if (Object.keys(given).length > 0 || annotations.length > 1)
    Object.assign(given, { shape_type: raw.shape_type ?? 'polygon', points: raw.points, dialect })
  return carrying(annotations, 'labelme', fields, given)
}

/** The other fields of a file, which are written back: everything but shapes, sizes and names. Includes its picture. */
export function labelmeTop(json: JsonObject): JsonObject {
  return withoutKeys(json, ['shapes', 'imagePath', 'imageHeight', 'imageWidth'])
}

/** Whether JSON is a file of labelme's or X-AnyLabeling's. */
export function isLabelmeJson(json: unknown): json is JsonObject {
  return isJsonObject(json) && Array.isArray(json.shapes)
}

/** The shapes of a file. Throws a FormatError where it is no file of labelme's; single shapes go to `onFault`. */
export function readLabelmeShapes(json: unknown, dialect: Dialect, onFault: OnFault): Annotation[] {
  if (!isLabelmeJson(json))
    throw new FormatError('shapes', 'is missing: not a labelme or X-AnyLabeling file')
  const shapes = json.shapes as unknown[]
  const instances = instancesOf(shapes)
  const seen = new Set<string>()
  return shapes.flatMap((shape, index) => {
    try {
      // A shape copied inside labelme keeps our id; the copy gets one of its own.
      return readShape(shape, instances, dialect).map((annotation) => {
        const fresh = seen.has(annotation.id) ? { ...annotation, id: newId() } : annotation
        seen.add(fresh.id)
        return fresh
      })
    } catch (error) {
      onFault(`shapes[${index}]`, error)
      return []
    }
  })
}
