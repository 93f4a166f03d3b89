import { rasterise, traceMask } from '#shared/geometry/raster.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import { decodeBrush, encodeBrush } from './brush-rle.ts'
import { isJsonObject } from './carry.ts'
import { ellipseRing } from './ellipse.ts'
import { numberOf, shown } from './fields.ts'
import { FormatError } from './format-error.ts'
import type { LossLog } from './loss-log.ts'
import { regionsOfMask } from './mask-runs.ts'
import { opaquePixels, pngSamples } from './png-mask.ts'
import type { JsonObject, Size } from './types.ts'

// The layout: https://labelstud.io/guide/export and /guide/predictions. Lengths are percent of the image's width and height;
// boxes turn around their top left corner, degrees clockwise.

/** What a region is drawn with. */
export type Control =
  | 'rectangle'
  | 'polygon'
  | 'ellipse'
  | 'keypoint'
  | 'brush'
  | 'bitmask'
  | 'vector'
  | 'polyline'

/** In `meta` of a result: the number of the object whose part the region is. */
export const INSTANCE = 'instance_id'

function numberAt(value: JsonObject, key: string): number {
  const number = numberOf(value[key])
  if (number === null)
    throw new FormatError(`value.${key}`, `must be a number, not ${shown(value[key])}`)
  return number
}

/** A point given in percent. */
const pixels = (x: number, y: number, size: Size): Point => ({
  x: (x * size.width) / 100,
  y: (y * size.height) / 100,
})

/** `degrees` clockwise around the origin. */
function turn({ x, y }: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  return { x: x * cos - y * sin, y: x * sin + y * cos }
}

function readRectangle(value: JsonObject, size: Size): Shape {
  const corner = pixels(numberAt(value, 'x'), numberAt(value, 'y'), size)
  const { x: w, y: h } = pixels(numberAt(value, 'width'), numberAt(value, 'height'), size)
  if (!(w > 0 && h > 0)) throw new FormatError('value.width', 'and height must be greater than 0')
  const rotation = (value.rotation ?? null) === null ? 0 : numberAt(value, 'rotation')
  const angleDeg = normaliseAngle(rotation)
  if (angleDeg === 0) return { kind: 'bbox', ...corner, w, h }
  const middle = turn({ x: w / 2, y: h / 2 }, angleDeg)
  return {
    kind: 'oriented_box',
    cx: corner.x + middle.x,
    cy: corner.y + middle.y,
    w,
    h,
    angleDeg,
  }
}

function readPoints(value: JsonObject, least: number, size: Size): Point[] {
  const { points } = value
  if (!Array.isArray(points))
    throw new FormatError('value.points', `must be a list, not ${shown(points)}`)
  const list = points.map((point, index) => {
    const [x, y] = Array.isArray(point) ? point.map(numberOf) : []
    if (x === null || x === undefined || y === null || y === undefined)
      throw new FormatError(`value.points[${index}]`, `must be x and y, not ${shown(point)}`)
    return pixels(x, y, size)
  })
  if (list.length >= least) return list
  throw new FormatError('value.points', `has ${list.length}; it needs at least ${least}`)
}

function readBrush({ rle, format }: JsonObject, { width, height }: Size): Shape[] {
  if (format !== undefined && format !== 'rle')
    throw new FormatError('value.format', `must be “rle”, not ${shown(format)}`)
  if (!Array.isArray(rle)) throw new FormatError('value.rle', `must be a list, not ${shown(rle)}`)
  try {
    const data = decodeBrush(rle as number[], width * height)
    const shapes = traceMask({ width, height, data }).map(
      (rings): Shape => ({ kind: 'polygon', rings }),
    )
    if (shapes.length > 0) return shapes
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError('value.rle', error.message)
    throw error
  }
  throw new FormatError('value.rle', 'is empty: nothing is painted')
}

/** A PNG of the image's size as a data URL: what is not seen through is inside. */
function readBitmask({ imageDataURL: url }: JsonObject, { width, height }: Size): Shape[] {
  const field = 'value.imageDataURL'
  const png = typeof url === 'string' ? /^data:image\/png;base64,(.+)$/s.exec(url)?.[1] : undefined
  if (png === undefined)
    throw new FormatError(field, `must be a PNG as a data URL, not ${shown(url)}`)
  const samples = pngSamples(Buffer.from(png, 'base64'))
  if (samples.width !== width || samples.height !== height)
    throw new FormatError(
      field,
      `has ${samples.width} × ${samples.height} pixels, its image ${width} × ${height}`,
    )
  const shapes = regionsOfMask(opaquePixels(samples), field).map(
    (rings): Shape => ({ kind: 'polygon', rings }),
  )
  if (shapes.length > 0) return shapes
  throw new FormatError(field, 'is empty: nothing is painted')
}

/** A curve is drawn through its vertices. */
function readVector(value: JsonObject, size: Size): Shape[] {
  const { vertices, closed } = value
  const points = Array.isArray(vertices)
    ? vertices.map((vertex) =>
        isJsonObject(vertex) ? [vertex.x ?? null, vertex.y ?? null] : vertex,
      )
    : (vertices ?? null)
  return readValue('polygon', { points, closed: closed === true }, size)
}

/** The shapes of one region, in image pixels. Throws a FormatError. */
export function readValue(control: Control, value: JsonObject, size: Size): Shape[] {
  switch (control) {
    case 'rectangle':
      return [readRectangle(value, size)]
    case 'polygon': {
      if (value.closed === false) return [{ kind: 'polyline', points: readPoints(value, 2, size) }]
      const ring = openRing(readPoints(value, 3, size))
      if (ring.length >= 3) return [{ kind: 'polygon', rings: [ring] }]
      throw new FormatError('value.points', `has ${ring.length}; it needs at least 3`)
    }
    case 'polyline':
      return [{ kind: 'polyline', points: readPoints(value, 2, size) }]
    case 'ellipse': {
      const radius = pixels(numberAt(value, 'radiusX'), numberAt(value, 'radiusY'), size)
      if (!(radius.x > 0 && radius.y > 0))
        throw new FormatError('value.radiusX', 'and radiusY must be greater than 0')
      const rotation = (value.rotation ?? null) === null ? 0 : numberAt(value, 'rotation')
      const centre = pixels(numberAt(value, 'x'), numberAt(value, 'y'), size)
      return [{ kind: 'polygon', rings: [ellipseRing(centre, radius.x, radius.y, rotation)] }]
    }
    case 'keypoint':
      return [{ kind: 'keypoint', ...pixels(numberAt(value, 'x'), numberAt(value, 'y'), size) }]
    case 'brush':
      return readBrush(value, size)
    case 'bitmask':
      return readBitmask(value, size)
    case 'vector':
      return readVector(value, size)
  }
}

const percent = (part: number, whole: number) => Math.round((part / whole) * 100 * 1e9) / 1e9

const listed = (points: readonly Point[], { width, height }: Size) =>
  points.map(({ x, y }) => [percent(x, width), percent(y, height)])

/** A shape as Label Studio draws it. `losses`: null while reading. */
export function writeValue(
  shape: Shape,
  size: Size,
  losses: LossLog | null,
  where: string,
): { control: Control; value: JsonObject } {
  const { width, height } = size
  switch (shape.kind) {
    case 'bbox':
    case 'oriented_box': {
      const { w, h } = shape
      const angle = shape.kind === 'bbox' ? 0 : shape.angleDeg
      const middle = turn({ x: w / 2, y: h / 2 }, angle)
      const corner =
        shape.kind === 'bbox' ? shape : { x: shape.cx - middle.x, y: shape.cy - middle.y }
      return {
        control: 'rectangle',
        value: {
          x: percent(corner.x, width),
          y: percent(corner.y, height),
          width: percent(w, width),
          height: percent(h, height),
          rotation: angle,
        },
      }
    }
    case 'polygon': {
      const [ring, ...holes] = shape.rings
      if (holes.length === 0)
        return { control: 'polygon', value: { points: listed(ring, size), closed: true } }
      losses?.add('polygons with holes are written as brush masks, to whole pixels', where)
      const { data } = rasterise(shape.rings, width, height)
      return { control: 'brush', value: { format: 'rle', rle: encodeBrush(data) } }
    }
    case 'polyline':
      return { control: 'polygon', value: { points: listed(shape.points, size), closed: false } }
    case 'keypoint':
      return {
        control: 'keypoint',
        value: { x: percent(shape.x, width), y: percent(shape.y, height), width: 0.5 },
      }
  }
}
