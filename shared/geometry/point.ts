import type { Point } from '#shared/model/annotation.ts'

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

export function midpoint(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

export function translatePoint(point: Point, dx: number, dy: number): Point {
  return { x: point.x + dx, y: point.y + dy }
}

/** x becomes `x * sx + dx`, y becomes `y * sy + dy`. */
export function stretchPoint(
  { x, y }: Point,
  { sx, sy, dx, dy }: { sx: number; sy: number; dx: number; dy: number },
): Point {
  return { x: x * sx + dx, y: y * sy + dy }
}

/** Rotates about `centre`, clockwise as seen on screen (y points down). */
export function rotatePoint(point: Point, centre: Point, angleDeg: number): Point {
  const angle = (angleDeg * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const x = point.x - centre.x
  const y = point.y - centre.y
  return { x: centre.x + x * cos - y * sin, y: centre.y + x * sin + y * cos }
}

/** The distance from `point` to the segment `a`–`b`. */
export function distanceToSegment(point: Point, a: Point, b: Point): number {
  const dx = b.x - a.x
  const dy = b.y - a.y
  const lengthSquared = dx * dx + dy * dy
  if (lengthSquared === 0) return distance(point, a)
  const along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / lengthSquared
  const t = Math.min(1, Math.max(0, along))
  return Math.hypot(point.x - (a.x + t * dx), point.y - (a.y + t * dy))
}

export function distanceToPath(point: Point, path: readonly Point[], closed: boolean): number {
  let nearest = Number.POSITIVE_INFINITY
  for (let i = 1; i < path.length; i++) {
    nearest = Math.min(nearest, distanceToSegment(point, path[i - 1], path[i]))
  }
  if (closed && path.length > 2) {
    nearest = Math.min(nearest, distanceToSegment(point, path[path.length - 1], path[0]))
  }
  return nearest
}

/** True if the segments `a`–`b` and `p`–`q` meet. */
export function segmentsMeet(a: Point, b: Point, p: Point, q: Point): boolean {
  const side = (from: Point, to: Point, point: Point) =>
    Math.sign((to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x))
  return side(a, b, p) !== side(a, b, q) && side(p, q, a) !== side(p, q, b)
}
