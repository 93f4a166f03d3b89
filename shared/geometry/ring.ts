import type { Point } from '#shared/model/annotation.ts'
import { boundsOfPoints } from './box.ts'

/** The ring's area in square pixels, positive if it runs clockwise on screen (y down; shoelace formula). */
export function signedRingArea(ring: readonly Point[]): number {
  let twice = 0
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    twice += ring[j].x * ring[i].y - ring[i].x * ring[j].y
  }
  return twice / 2
}

export function ringArea(ring: readonly Point[]): number {
  return Math.abs(signedRingArea(ring))
}

/** Even-odd rule over all rings together, so a point in a hole is outside. */
export function ringsContain(rings: readonly (readonly Point[])[], point: Point): boolean {
  let inside = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i]
      const b = ring[j]
      if (a.y > point.y !== b.y > point.y) {
        const crossing = a.x + ((point.y - a.y) / (b.y - a.y)) * (b.x - a.x)
        if (point.x < crossing) inside = !inside
      }
    }
  }
  return inside
}

/** Drops a last point that repeats the first, as in closed rings of other formats. */
export function openRing(ring: readonly Point[]): Point[] {
  const first = ring[0]
  const last = ring[ring.length - 1]
  const closed = ring.length > 1 && first.x === last.x && first.y === last.y
  return closed ? ring.slice(0, -1) : [...ring]
}

/** The convex hull, counter-clockwise in a y-up frame (Andrew's monotone chain, 1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y)
  if (sorted.length < 3) return sorted
  const cross = (o: Point, a: Point, b: Point) =>
    (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x)
  const half = (input: readonly Point[]) => {
    const chain: Point[] = []
    for (const point of input) {
      while (
        chain.length >= 2 &&
        cross(chain[chain.length - 2], chain[chain.length - 1], point) <= 0
      )
        chain.pop()
      chain.push(point)
    }
    chain.pop()
    return chain
  }
  return half(sorted).concat(half(sorted.reverse()))
}

/** Sides of a hull that are tried for a rectangle: half a degree between them. */
const MOST_SIDES = 720

/**
 * The rectangle of minimum area around the points: one of its sides lies on a side of the hull (Freeman and Shapira,
 * 1975). Sides may be 0 for points on a line.
 */
export function minimumAreaRectangle(points: readonly Point[]): {
  cx: number
  cy: number
  w: number
  h: number
  angleDeg: number
} {
  const hull = convexHull(points)
  let best = { area: Number.POSITIVE_INFINITY, cx: 0, cy: 0, w: 0, h: 0, angleDeg: 0 }
  const step = Math.ceil(hull.length / MOST_SIDES)
  for (let i = 0; i < hull.length; i += step) {
    const a = hull[i]
    const b = hull[(i + 1) % hull.length]
    const angle = Math.atan2(b.y - a.y, b.x - a.x)
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    const box = boundsOfPoints(
      hull.map(({ x, y }) => ({ x: x * cos + y * sin, y: -x * sin + y * cos })),
    )
    const area = box.w * box.h
    if (area < best.area) {
      const u = box.x + box.w / 2
      const v = box.y + box.h / 2
      best = {
        area,
        cx: u * cos - v * sin,
        cy: u * sin + v * cos,
        w: box.w,
        h: box.h,
        angleDeg: ((((angle * 180) / Math.PI) % 360) + 360) % 360,
      }
    }
  }
  const { area: _area, ...rectangle } = best
  return rectangle
}
