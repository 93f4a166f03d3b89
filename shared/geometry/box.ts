import type { Box, Point } from '#shared/model/annotation.ts'

/** The bounding box of at least one point; its sides may be 0. */
export function boundsOfPoints(points: Iterable<Point>): Box {
  let minX = Number.POSITIVE_INFINITY
  let minY = Number.POSITIVE_INFINITY
  let maxX = Number.NEGATIVE_INFINITY
  let maxY = Number.NEGATIVE_INFINITY
  for (const { x, y } of points) {
    if (x < minX) minX = x
    if (y < minY) minY = y
    if (x > maxX) maxX = x
    if (y > maxY) maxY = y
  }
  return { x: minX, y: minY, w: maxX - minX, h: maxY - minY }
}

export function boxFromCorners(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    w: Math.abs(a.x - b.x),
    h: Math.abs(a.y - b.y),
  }
}

/** Clockwise from the top left. */
export function boxCorners({ x, y, w, h }: Box): [Point, Point, Point, Point] {
  return [
    { x, y },
    { x: x + w, y },
    { x: x + w, y: y + h },
    { x, y: y + h },
  ]
}

export function boxContains(box: Box, point: Point, margin = 0): boolean {
  return (
    point.x >= box.x - margin &&
    point.y >= box.y - margin &&
    point.x <= box.x + box.w + margin &&
    point.y <= box.y + box.h + margin
  )
}

export function boxesTouch(a: Box, b: Box): boolean {
  return a.x <= b.x + b.w && b.x <= a.x + a.w && a.y <= b.y + b.h && b.y <= a.y + a.h
}

/** The part of `box` inside an image of the given size in pixels; null if nothing is left. */
export function clampBox(box: Box, width: number, height: number): Box | null {
  const x = Math.max(0, box.x)
  const y = Math.max(0, box.y)
  const w = Math.min(width, box.x + box.w) - x
  const h = Math.min(height, box.y + box.h) - y
  return w > 0 && h > 0 ? { x, y, w, h } : null
}
