import { boundsOfPoints, clampBox } from '#shared/geometry/box.ts'
import { clampPoint, type Size } from '#shared/geometry/clamp-shape.ts'
import { distanceToSegment } from '#shared/geometry/point.ts'
import { subtractPolygons, unionPolygons } from '#shared/geometry/polygon-ops.ts'
import { ringArea } from '#shared/geometry/ring.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import {
  type MaskPolygons,
  maskToPolygons,
  type PlacedMask,
  SAME_PIXELS,
} from './mask-to-polygon.ts'

/** The mask of a stroke has at most so many pixels. */
const MOST_PIXELS = 2_000_000
/** The brush has at least so many pixels of a mask from its middle to its edge. */
const FINE = 8
/** Gaps and specks that a stroke leaves are dropped up to this part of the brush's square. */
const CRUMB = 0.15

const NO_MASK: PlacedMask = {
  mask: { width: 0, height: 0, data: new Uint8Array(0) },
  place: SAME_PIXELS,
}

export interface BrushStroke {
  /** Where the middle of the brush went, at least one place. Image pixels. */
  points: readonly Point[]
  /** Image pixels. */
  radius: number
  erases: boolean
  /** What is painted ends at the border of an image of this size; null: it may go beyond. */
  within: Size | null
}

/**
 * What a stroke of a round brush makes of polygons: it adds to them, or takes away. The stroke is a mask that becomes
 * polygons with holes; where it did not go the border keeps its vertices. The tolerance is that of the stroke's border.
 */
export function brushed(before: readonly PolygonShape[], stroke: BrushStroke): MaskPolygons {
  const { mask, place } = strokeMask(stroke)
  const { shapes, tolerance } = maskToPolygons(mask, { place, leastPixels: 0 })
  const { within } = stroke
  const painted = shapes.map(
    ({ rings }): PolygonShape => ({
      kind: 'polygon',
      rings: within ? rings.map((ring) => ring.map((point) => clampPoint(point, within))) : rings,
    }),
  )
  const result = stroke.erases
    ? before.flatMap((shape) => subtractPolygons(shape, painted))
    : unionPolygons([...before, ...painted])
  const crumb = CRUMB * stroke.radius * stroke.radius
  const kept = result
    .map(
      ({ rings: [outside, ...holes] }): PolygonShape => ({
        kind: 'polygon',
        rings: [outside, ...holes.filter((hole) => stroke.erases || ringArea(hole) > crumb)],
      }),
    )
    .filter(({ rings }) => !stroke.erases || ringArea(rings[0]) > crumb)
    .sort((a, b) => ringArea(b.rings[0]) - ringArea(a.rings[0]))
  return { shapes: kept, tolerance }
}

/** All pixels whose centres are within the radius of the stroke's line. */
function strokeMask({ points, radius, within }: BrushStroke): PlacedMask {
  const { x, y, w: across, h: down } = boundsOfPoints(points)
  const around = { x: x - radius, y: y - radius, w: across + 2 * radius, h: down + 2 * radius }
  const frame = within ? clampBox(around, within.width, within.height) : around
  if (!frame) return NO_MASK
  const { w, h } = frame
  // Image pixels that one of the mask covers.
  const scale = Math.max(Math.min(1, radius / FINE), Math.sqrt((w * h) / MOST_PIXELS))
  const place = {
    left: frame.x - scale,
    top: frame.y - scale,
    scaleX: scale,
    scaleY: scale,
  }
  const width = Math.ceil(w / scale) + 2
  const height = Math.ceil(h / scale) + 2
  const data = new Uint8Array(width * height)
  const reach = radius / scale
  const inMask = points.map(({ x, y }) => ({
    x: (x - place.left) / scale,
    y: (y - place.top) / scale,
  }))
  inMask.forEach((to, index) => {
    const from = inMask[Math.max(0, index - 1)]
    const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + reach))
    const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + reach))
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach))
    for (let y = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach)); y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const pixel = y * width + x
        if (data[pixel] === 0 && distanceToSegment({ x: x + 0.5, y: y + 0.5 }, from, to) <= reach)
          data[pixel] = 1
      }
  })
  return { mask: { width, height, data }, place }
}
