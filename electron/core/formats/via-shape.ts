import { openRing } from '#shared/geometry/ring.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import { joinRings } from './bridge.ts'
import { rounded } from './common.ts'
import { ellipseRing } from './ellipse.ts'
import { numberOf, numbersOf, shown } from './fields.ts'
import { FormatError } from './format-error.ts'
import type { LossLog } from './loss-log.ts'
import type { JsonObject } from './types.ts'

// The layout: VGG Image Annotator 2, https://www.robots.ox.ac.uk/~vgg/software/via/

function numberAt(raw: JsonObject, name: string): number {
  const value = numberOf(raw[name])
  if (value === null) throw new FormatError(name, `must be a number, not ${shown(raw[name])}`)
  return value
}

function readPoints(raw: JsonObject, least: number): Point[] {
  const { all_points_x: xs, all_points_y: ys } = raw
  if (!Array.isArray(xs)) throw new FormatError('all_points_x', `must be a list, not ${shown(xs)}`)
  if (!Array.isArray(ys) || ys.length !== xs.length)
    throw new FormatError('all_points_y', `must be a list of ${xs.length}, as all_points_x is`)
  const [x, y] = [numbersOf(xs, 'all_points_x'), numbersOf(ys, 'all_points_y')]
  if (x.length < least)
    throw new FormatError('all_points_x', `has ${x.length}; it needs at least ${least}`)
  return x.map((value, index) => ({ x: value, y: y[index] }))
}

/** `theta`: radians, clockwise. */
function readRound(raw: JsonObject, rx: number, ry: number): Shape {
  if (!(rx > 0 && ry > 0)) throw new FormatError('', 'needs a radius greater than 0')
  const degrees = raw.theta === undefined ? 0 : (numberAt(raw, 'theta') * 180) / Math.PI
  const centre = { x: numberAt(raw, 'cx'), y: numberAt(raw, 'cy') }
  return { kind: 'polygon', rings: [ellipseRing(centre, rx, ry, degrees)] }
}

/** A shape in image pixels. Throws a FormatError. */
export function readViaShape(raw: JsonObject): Shape {
  switch (raw.name) {
    case 'rect': {
      const [x, y] = [numberAt(raw, 'x'), numberAt(raw, 'y')]
      const [w, h] = [numberAt(raw, 'width'), numberAt(raw, 'height')]
      if (w > 0 && h > 0) return { kind: 'bbox', x, y, w, h }
      throw new FormatError('width', 'and height must be greater than 0')
    }
    case 'circle': {
      const radius = numberAt(raw, 'r')
      return readRound(raw, radius, radius)
    }
    case 'ellipse':
      return readRound(raw, numberAt(raw, 'rx'), numberAt(raw, 'ry'))
    case 'polygon': {
      const ring = openRing(readPoints(raw, 3))
      if (ring.length >= 3) return { kind: 'polygon', rings: [ring] }
      throw new FormatError('all_points_x', `has ${ring.length}; it needs at least 3`)
    }
    case 'polyline':
      return { kind: 'polyline', points: readPoints(raw, 2) }
    case 'point':
      return { kind: 'keypoint', x: numberAt(raw, 'cx'), y: numberAt(raw, 'cy') }
    default:
      throw new FormatError('name', `${shown(raw.name)} is no shape that is known`)
  }
}

const listed = (name: string, points: readonly Point[]): JsonObject => ({
  name,
  all_points_x: points.map(({ x }) => rounded(x)),
  all_points_y: points.map(({ y }) => rounded(y)),
})

/** `losses`: null while reading. */
export function writeViaShape(shape: Shape, losses: LossLog | null, where: string): JsonObject {
  switch (shape.kind) {
    case 'bbox': {
      const [x, y, width, height] = [shape.x, shape.y, shape.w, shape.h].map(rounded)
      return { name: 'rect', x, y, width, height }
    }
    case 'oriented_box':
      losses?.add('oriented boxes are written as four-cornered polygons', where)
      return listed('polygon', orientedCorners(shape))
    case 'polygon':
      if (shape.rings.length > 1)
        losses?.add('holes are joined to the outline by a cut of no width', where)
      return listed('polygon', joinRings(shape.rings))
    case 'polyline':
      return listed('polyline', shape.points)
    case 'keypoint':
      return { name: 'point', cx: rounded(shape.x), cy: rounded(shape.y) }
  }
}
