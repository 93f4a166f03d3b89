import { clampBox } from '#shared/geometry/box.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import type { LossLog } from './loss-log.ts'
import { objectsOf } from './objects.ts'
import type { LabelledImage } from './types.ts'

/** Cuts a ring at the image's border (Sutherland and Hodgman, 1974). May leave fewer than 3 points. */
function clipRing(ring: readonly Point[], width: number, height: number): Point[] {
  const sides: { inside: (p: Point) => boolean; at: (a: Point, b: Point) => number }[] = [
    { inside: (p) => p.x >= 0, at: (a, b) => a.x / (a.x - b.x) },
    { inside: (p) => p.x <= width, at: (a, b) => (a.x - width) / (a.x - b.x) },
    { inside: (p) => p.y >= 0, at: (a, b) => a.y / (a.y - b.y) },
    { inside: (p) => p.y <= height, at: (a, b) => (a.y - height) / (a.y - b.y) },
  ]
  return sides.reduce<Point[]>(
    (points, { inside, at }) => {
      return points.flatMap((b, index) => {
        const a = points[(index + points.length - 1) % points.length]
        const t = at(a, b)
        const crossing = { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) }
        if (inside(b)) return inside(a) ? [b] : [crossing, b]
        return inside(a) ? [crossing] : []
      })
    },
    [...ring],
  )
}

export function isInside(shape: Shape, width: number, height: number): boolean {
  const { x, y, w, h } = shapeBounds(shape)
  return (
    x >= -TOLERANCE && y >= -TOLERANCE && x + w <= width + TOLERANCE && y + h <= height + TOLERANCE
  )
}

/** The part of a shape inside the image; null when nothing is left. */
function clampShape(shape: Shape, width: number, height: number): Shape | null {
  switch (shape.kind) {
    case 'bbox': {
      const box = clampBox(shape, width, height)
      return box && { kind: 'bbox', ...box }
    }
    case 'polygon': {
      const rings = shape.rings.map((ring) => clipRing(ring, width, height))
      if (rings[0].length < 3) return null
      return { kind: 'polygon', rings: rings.filter((ring) => ring.length >= 3) }
    }
    case 'polyline':
      return {
        kind: 'polyline',
        points: shape.points.map(({ x, y }) => ({
          x: Math.min(width, Math.max(0, x)),
          y: Math.min(height, Math.max(0, y)),
        })),
      }
    case 'oriented_box':
      // Cutting would change its angle or its corners; only what lies wholly outside goes.
      return clampBox(shapeBounds(shape), width, height) ? shape : null
    case 'keypoint':
      return null
    default:
      return assertNever(shape)
  }
}

/** Pixels over the border that are rounding. */
const TOLERANCE = 1e-6

/** How a format calls what is cut. */
interface Words {
  cut: string
  /** Cutting an oriented box would change its angle or its corners. */
  turned: string
}

const AS_WISHED: Words = {
  cut: 'shapes over the border are cut at it',
  turned: 'oriented boxes over the border are not cut',
}

/** The labels inside an image whose size is known. */
export function clampImage(
  image: LabelledImage,
  losses: LossLog,
  words = AS_WISHED,
): LabelledImage {
  const { width, height } = image
  if (width === null || height === null) return image
  const isIn = ({ shape }: Annotation) => isInside(shape, width, height)
  if (image.annotations.every(isIn)) return image
  const annotations = image.annotations.flatMap((annotation) => {
    if (isIn(annotation)) return [annotation]
    const shape = clampShape(annotation.shape, width, height)
    if (!shape) {
      losses.add('shapes outside the image are left out', image.path)
      return []
    }
    losses.add(shape === annotation.shape ? words.turned : words.cut, image.path)
    return [{ ...annotation, shape }]
  })
  const left = objectsOf(image.annotations, []).length - objectsOf(annotations, []).length
  for (let index = 0; index < left; index++) losses.leaveOutOne()
  return { ...image, annotations }
}
