import type { Box, Point, Shape } from '#shared/model/annotation.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { boundsOfPoints, boxCorners } from './box.ts'
import { shapeBounds, translateShape } from './shape.ts'

/** Image pixels. */
export interface Size {
  width: number
  height: number
}

/** The nearest point in the image. */
export function clampPoint({ x, y }: Point, { width, height }: Size): Point {
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) }
}

/** Tolerance for rounding at a border, in image pixels. */
const ROUNDING = 1e-6

export function isInside(shape: Shape, { width, height }: Size): boolean {
  const { x, y, w, h } = shapeBounds(shape)
  return x >= -ROUNDING && y >= -ROUNDING && x + w <= width + ROUNDING && y + h <= height + ROUNDING
}

/** The bounding box of several shapes, in image pixels. */
export function boundsOfShapes(shapes: readonly Shape[]): Box {
  return boundsOfPoints(shapes.flatMap((shape) => boxCorners(shapeBounds(shape))))
}

/**
 * How far a box can move towards `by` before it reaches the border of the image. A box that already is partly outside
 * does not move further out.
 */
export function clampMove({ x, y, w, h }: Box, by: Point, { width, height }: Size): Point {
  const between = (value: number, low: number, high: number) =>
    Math.min(Math.max(0, high), Math.max(Math.min(0, low), value)) || 0
  return { x: between(by.x, -x, width - x - w), y: between(by.y, -y, height - y - h) }
}

/** The shape, moved by the minimum to lie inside the image; null if it is larger than the image. */
export function movedInside(shape: Shape, { width, height }: Size): Shape | null {
  const { x, y, w, h } = shapeBounds(shape)
  if (w > width + ROUNDING || h > height + ROUNDING) return null
  const dx = Math.max(0, -x) - Math.max(0, x + w - width)
  const dy = Math.max(0, -y) - Math.max(0, y + h - height)
  return dx === 0 && dy === 0 ? shape : translateShape(shape, dx, dy)
}

/** Number of bisections towards the border; they leave a millionth of the way. */
const STEPS = 20

/**
 * The result of `make` at the last place between `from` and `to` at which it lies completely inside the image. Null
 * if only `from` qualifies.
 */
export function lastInside<T extends Shape | readonly Shape[]>(
  make: (at: Point) => T | null,
  from: Point,
  to: Point,
  size: Size,
): T | null {
  const fits = (made: T) => [made].flat().every((shape) => isInside(shape, size))
  const whole = make(to)
  if (whole === null || fits(whole)) return whole
  let last: T | null = null
  for (let step = 0, low = 0, high = 1; step < STEPS; step++) {
    const middle = (low + high) / 2
    const made = make({
      x: from.x + (to.x - from.x) * middle,
      y: from.y + (to.y - from.y) * middle,
    })
    if (made !== null && fits(made)) {
      last = made
      low = middle
    } else high = middle
  }
  return last
}

/**
 * The shape without its parts outside the image. A rotated box is not cut, because the result would not be a box; its
 * tool keeps it inside. A shape that is completely outside is not cut either.
 */
export function clampShape(shape: Shape, size: Size): Shape {
  switch (shape.kind) {
    case 'bbox': {
      const from = clampPoint(shape, size)
      const to = clampPoint({ x: shape.x + shape.w, y: shape.y + shape.h }, size)
      const [w, h] = [to.x - from.x, to.y - from.y]
      return w > 0 && h > 0 ? { ...shape, ...from, w, h } : shape
    }
    case 'polygon':
      return {
        ...shape,
        rings: shape.rings.map((ring) => ring.map((point) => clampPoint(point, size))),
      }
    case 'polyline':
      return { ...shape, points: shape.points.map((point) => clampPoint(point, size)) }
    case 'keypoint':
      return { ...shape, ...clampPoint(shape, size) }
    case 'oriented_box':
      return shape
    default:
      return assertNever(shape)
  }
}
