import type { Point, Shape } from '#shared/model/annotation.ts'
import { assertNever } from '#shared/model/assert-never.ts'

/** Image pixels. */
export interface Size {
  width: number
  height: number
}

/** The nearest point of the image. */
export function clampPoint({ x, y }: Point, { width, height }: Size): Point {
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) }
}

/**
 * The shape without what lies beyond the image. A rotated box stays as it is: cut off it would be none. So does a
 * shape that lies beyond the image as a whole.
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
