import type { Box, OrientedBoxShape, Point, Shape } from '#shared/model/annotation.ts'
import { ringArea } from './ring.ts'
import { shapeBounds } from './shape.ts'
import { orientedCorners } from './shapes/oriented-box.ts'

/** Intersection over union of two boxes, 0..1. */
export function boxOverlap(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
  if (w <= 0 || h <= 0) return 0
  const common = w * h
  return common / (a.w * a.h + b.w * b.h - common)
}

/** The part of a convex ring that lies on the right-hand side of the line from `a` to `b` (Sutherland and Hodgman, 1974). */
function clipByLine(ring: readonly Point[], a: Point, b: Point): Point[] {
  const side = ({ x, y }: Point) => (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
  return ring.flatMap((point, index) => {
    const before = ring[(index + ring.length - 1) % ring.length]
    const [here, there] = [side(point), side(before)]
    const isCut = here >= 0 !== there >= 0
    const share = there / (there - here)
    const cut = {
      x: before.x + (point.x - before.x) * share,
      y: before.y + (point.y - before.y) * share,
    }
    return [...(isCut ? [cut] : []), ...(here >= 0 ? [point] : [])]
  })
}

/** Intersection over union of two rotated boxes, 0..1. */
export function orientedOverlap(a: OrientedBoxShape, b: OrientedBoxShape): number {
  // Quick check for boxes that are far apart.
  const reach = Math.hypot(a.w, a.h) / 2 + Math.hypot(b.w, b.h) / 2
  if (Math.hypot(a.cx - b.cx, a.cy - b.cy) >= reach) return 0
  const corners = orientedCorners(b)
  let common: readonly Point[] = orientedCorners(a)
  for (let i = 0; i < 4 && common.length > 0; i++)
    common = clipByLine(common, corners[i], corners[(i + 1) % 4])
  const area = common.length < 3 ? 0 : ringArea(common)
  return Math.min(1, area / (a.w * a.h + b.w * b.h - area))
}

/** Overlap of two shapes, 0..1: exact for rotated boxes, otherwise of their bounding boxes. */
export function shapeOverlap(a: Shape, b: Shape): number {
  if (a.kind === 'oriented_box' && b.kind === 'oriented_box') return orientedOverlap(a, b)
  return boxOverlap(shapeBounds(a), shapeBounds(b))
}
