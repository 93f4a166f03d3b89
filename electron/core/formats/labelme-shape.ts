import { encode as encodePng } from 'fast-png'
import { rasterise } from '#shared/geometry/raster.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import { isTrue } from '#shared/model/pose.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import type { JsonObject } from './types.ts'

/** labelme 7 and X-AnyLabeling 4 share a file layout but refuse each other's shape types. */
export type Dialect = 'labelme' | 'xanylabeling'

/** Fields that describe the shape: they hold as long as it stays as it is. */
export const LABELME_GEOMETRY: ReadonlySet<string> = new Set([
  'points',
  'shape_type',
  'mask',
  'direction',
])

/** Shape types that both programs read, spelt alike. */
export const SHARED_TYPES: ReadonlySet<unknown> = new Set([
  'polygon',
  'circle',
  'line',
  'linestrip',
  'point',
])

type Pair = [number, number]

const pair = ({ x, y }: Point): Pair => [rounded(x), rounded(y)]

/** labelme's mask: the corners of its box, inclusive, and an 8-bit 0/1 PNG of the box. */
function maskFields(shape: PolygonShape): JsonObject {
  const { x, y, w, h } = shapeBounds(shape)
  const left = Math.floor(x)
  const top = Math.floor(y)
  const width = Math.max(1, Math.ceil(x + w) - left)
  const height = Math.max(1, Math.ceil(y + h) - top)
  const { data } = rasterise(shape.rings, width, height, left, top)
  const png = encodePng({ width, height, data, depth: 8, channels: 1 })
  return {
    shape_type: 'mask',
    points: [
      [left, top],
      [left + width - 1, top + height - 1],
    ],
    mask: Buffer.from(png).toString('base64'),
  }
}

function shapeFields(
  shape: Shape,
  isLabelme: boolean,
  losses: LossLog | null,
  where: string,
): JsonObject {
  switch (shape.kind) {
    case 'bbox': {
      const { x, y, w, h } = shape
      const [nw, ne, se, sw]: Pair[] = [
        pair({ x, y }),
        pair({ x: x + w, y }),
        pair({ x: x + w, y: y + h }),
        pair({ x, y: y + h }),
      ]
      return { shape_type: 'rectangle', points: isLabelme ? [nw, se] : [nw, ne, se, sw] }
    }
    case 'oriented_box': {
      const points = orientedCorners(shape).map(pair)
      if (isLabelme) return { shape_type: 'oriented_rectangle', points }
      const direction = rounded((shape.angleDeg * Math.PI) / 180)
      return { shape_type: 'rotation', points, direction }
    }
    case 'polygon': {
      if (shape.rings.length === 1)
        return { shape_type: 'polygon', points: shape.rings[0].map(pair) }
      if (isLabelme) {
        losses?.add('polygons with holes are written as masks, to whole pixels', where)
        // A mask that was read is spelt as it was.
        return losses ? maskFields(shape) : { shape_type: 'mask' }
      }
      losses?.add('holes have no place in X-AnyLabeling and are filled', where)
      return { shape_type: 'polygon', points: shape.rings[0].map(pair) }
    }
    case 'polyline':
      return { shape_type: 'linestrip', points: shape.points.map(pair) }
    case 'keypoint':
      return { shape_type: 'point', points: [pair(shape)] }
  }
}

/** The labelme fields of an annotation, without its id. `losses`: null while reading. */
export function labelmeShapeFields(
  { className, instanceId, attributes, confidence, shape }: Annotation,
  dialect: Dialect,
  losses: LossLog | null,
  where: string,
): JsonObject {
  const isLabelme = dialect === 'labelme'
  const { difficult, ...others } = attributes
  const own = isLabelme ? attributes : others
  return {
    label: className,
    group_id: instanceId ?? null,
    description: '',
    flags: {},
    ...shapeFields(shape, isLabelme, losses, where),
    ...(!isLabelme && {
      score: confidence === 1 ? null : confidence,
      difficult: isTrue(difficult),
    }),
    ...(isLabelme && confidence !== 1 && { score: confidence }),
    ...(Object.keys(own).length > 0 && { attributes: own }),
  }
}
