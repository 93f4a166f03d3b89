import type { StoredAnnotation } from '#emulator/schemas.ts'

export interface Point {
  x: number
  y: number
}
export interface Box {
  x: number
  y: number
  w: number
  h: number
}

/** The bounding box of points, in image pixels. */
export function around(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y }
}

/** All points of an annotation, in image pixels. */
export function pointsOf(annotation: StoredAnnotation): Point[] {
  switch (annotation.type) {
    case 'bbox':
      return cornersOf(annotation)
    case 'polygon':
      return annotation.polygon.paths.flat()
    case 'polyline':
      return annotation.polyline.path
    case 'keypoint':
      return [annotation.keypoint]
  }
}

/** The axis-aligned box of an annotation, in image pixels; a keypoint's has no size. */
export const boxOf = (annotation: StoredAnnotation): Box =>
  annotation.type === 'bbox' ? annotation.bounding_box : around(pointsOf(annotation))

/** The four corners of a box, rotated if it is, clockwise from its top left. */
export function cornersOf(annotation: StoredAnnotation): Point[] {
  const rotated = annotation.type === 'bbox' ? annotation.oriented_box : undefined
  const box = boxOf(annotation)
  const { cx, cy, w, h, angle } = rotated ?? {
    cx: box.x + box.w / 2,
    cy: box.y + box.h / 2,
    w: box.w,
    h: box.h,
    angle: 0,
  }
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  return [
    [-w / 2, -h / 2],
    [w / 2, -h / 2],
    [w / 2, h / 2],
    [-w / 2, h / 2],
  ].map(([dx, dy]) => ({ x: cx + dx * cos - dy * sin, y: cy + dx * sin + dy * cos }))
}

/** The area of a ring, in square pixels. */
export function ringArea(ring: readonly Point[]): number {
  const twice = ring.reduce((sum, { x, y }, index) => {
    const next = ring[(index + 1) % ring.length]
    return sum + x * next.y - next.x * y
  }, 0)
  return Math.abs(twice) / 2
}
