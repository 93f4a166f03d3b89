import { boundsOfPoints, clampBox } from '#shared/geometry/box.ts'
import { clampPoint, type Size } from '#shared/geometry/clamp-shape.ts'
import { distanceToSegment, segmentsMeet } from '#shared/geometry/point.ts'
import { simplifyPath, subtractPolygons, unionPolygons } from '#shared/geometry/polygon-ops.ts'
import type { Mask } from '#shared/geometry/raster.ts'
import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import {
  type MaskPolygons,
  maskToPolygons,
  type PlacedMask,
  SAME_PIXELS,
} from './mask-to-polygon.ts'

/** Maximum number of pixels of a stroke's mask. */
const MOST_PIXELS = 2_000_000
/** Minimum radius of the brush in mask pixels. */
const FINE = 8
/** The line of a stroke may move by this much when it is simplified. Mask pixels. */
const LINE_TOLERANCE = 0.1
/** Gaps and specks that a stroke leaves are dropped up to this share of the squared radius. */
const CRUMB = 0.15

const NO_MASK: PlacedMask = {
  mask: { width: 0, height: 0, data: new Uint8Array(0) },
  place: SAME_PIXELS,
}

export interface BrushStroke {
  /** The path of the brush's centre, at least one point. Image pixels. */
  points: readonly Point[]
  /** Image pixels. */
  radius: number
  erases: boolean
  /** Painting ends at the border of an image of this size; null: it may go beyond. */
  within: Size | null
}

/**
 * Adds a stroke of a round brush to polygons, or erases it from them. The stroke is drawn as a mask, which becomes
 * polygons with holes. Elsewhere the border keeps its vertices. The tolerance is that of the stroke's border.
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
  // A pointer reports far more places than a line through them needs.
  const line = simplifyPath(inMask, LINE_TOLERANCE)
  const mask: Mask = { width, height, data }
  for (const [index, to] of line.entries())
    fillAround(mask, line[Math.max(0, index - 1)], to, reach)
  return { mask, place }
}

/** Fills the pixels whose centres are within `reach` of the line between two places of a mask. */
function fillAround({ width, height, data }: Mask, from: Point, to: Point, reach: number): void {
  const [acrossX, acrossY] = [to.x - from.x, to.y - from.y]
  const squared = acrossX * acrossX + acrossY * acrossY
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach))
  const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + reach))
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach))
  const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + reach))
  for (let row = top; row <= bottom; row++) {
    const y = row + 0.5 - from.y
    for (let column = left; column <= right; column++) {
      const pixel = row * width + column
      if (data[pixel] === 1) continue
      const x = column + 0.5 - from.x
      const along = squared === 0 ? 0 : (x * acrossX + y * acrossY) / squared
      const part = along < 0 ? 0 : along > 1 ? 1 : along
      const [awayX, awayY] = [x - part * acrossX, y - part * acrossY]
      if (awayX * awayX + awayY * awayY <= reach * reach) data[pixel] = 1
    }
  }
}

/**
 * True if a stroke touches a polygon: it passes inside, or within the radius of a border. Looks only at borders near the
 * stroke, because polygons can have thousands of vertices.
 */
export function strokeTouches({ points, radius }: BrushStroke, { rings }: PolygonShape): boolean {
  const { x, y, w, h } = boundsOfPoints(points)
  const [left, right, top, bottom] = [x - radius, x + w + radius, y - radius, y + h + radius]
  const near: [Point, Point][] = []
  for (const ring of rings)
    ring.forEach((to, index) => {
      const from = ring.at(index - 1) ?? to
      const isBeside =
        Math.max(from.x, to.x) < left ||
        Math.min(from.x, to.x) > right ||
        Math.max(from.y, to.y) < top ||
        Math.min(from.y, to.y) > bottom
      if (!isBeside) near.push([from, to])
    })
  // Without a border nearby, the whole stroke is on the same side as its first point.
  if (ringsContain(rings, points[0])) return true
  return near.some(([a, b]) =>
    points.some((to, index) => {
      const from = points[Math.max(0, index - 1)]
      return (
        distanceToSegment(to, a, b) <= radius ||
        distanceToSegment(a, from, to) <= radius ||
        segmentsMeet(from, to, a, b)
      )
    }),
  )
}
