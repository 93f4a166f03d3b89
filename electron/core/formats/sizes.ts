import { stretchShape } from '#shared/geometry/shape.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'
import type { KnownImage, Size } from './types.ts'

/**
 * Fractions of an image whose size nobody knows are read as if it had this one: large enough that tolerances of a pixel
 * mean the same as elsewhere.
 */
export const UNIT_SIZE: Size = { width: 10_000, height: 10_000 }

/** How the coordinates of a label file become those of the image. */
export type SizeFit =
  | { kind: 'same' }
  | { kind: 'turned'; orientation: number }
  | { kind: 'scaled'; factor: number }
  | { kind: 'other' }

/** Compares the size that a label file gives with the image's. */
export function fitSize(claimed: Size | null | undefined, image: KnownImage): SizeFit {
  const { width, height, orientation = 1 } = image
  if (!claimed || width === null || height === null) return { kind: 'same' }
  if (claimed.width === width && claimed.height === height) return { kind: 'same' }
  if (orientation >= 5 && claimed.width === height && claimed.height === width)
    return { kind: 'turned', orientation }
  const factor = width / claimed.width
  const isExact =
    Math.abs(claimed.height * factor - height) <= 0.5 ||
    Math.abs(height / factor - claimed.height) <= 0.5
  return isExact ? { kind: 'scaled', factor } : { kind: 'other' }
}

/** A point of the stored picture in the upright one of `width` × `height`, by EXIF orientation (CIPA DC-008, 4.6.4 A). */
function upright({ x, y }: Point, orientation: number, { width, height }: Size): Point {
  switch (orientation) {
    case 5:
      return { x: y, y: x }
    case 6:
      return { x: width - y, y: x }
    case 7:
      return { x: width - y, y: height - x }
    case 8:
      return { x: y, y: height - x }
    default:
      return { x, y }
  }
}

/** How much an upright picture is turned against the stored one, degrees clockwise. */
const QUARTERS: Record<number, number> = { 5: 90, 6: 90, 7: 270, 8: 270 }

function turnShape(shape: Shape, orientation: number, size: Size): Shape {
  const turn = (point: Point) => upright(point, orientation, size)
  switch (shape.kind) {
    case 'bbox': {
      const a = turn(shape)
      const b = turn({ x: shape.x + shape.w, y: shape.y + shape.h })
      return { kind: 'bbox', x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: shape.h, h: shape.w }
    }
    case 'oriented_box': {
      const { x: cx, y: cy } = turn({ x: shape.cx, y: shape.cy })
      const isMirrored = orientation === 5 || orientation === 7
      const angle = isMirrored ? -shape.angleDeg : shape.angleDeg
      return { ...shape, cx, cy, angleDeg: normaliseAngle(angle + QUARTERS[orientation]) }
    }
    case 'polygon':
      return { kind: 'polygon', rings: shape.rings.map((ring) => ring.map(turn)) }
    case 'polyline':
      return { kind: 'polyline', points: shape.points.map(turn) }
    case 'keypoint':
      return { kind: 'keypoint', ...turn(shape) }
  }
}

/** Annotations of a label file in the pixels of the image. */
export function fitAnnotations(
  annotations: readonly Annotation[],
  fit: SizeFit,
  size: Size,
): Annotation[] {
  if (fit.kind === 'turned')
    return annotations.map((annotation) => ({
      ...annotation,
      shape: turnShape(annotation.shape, fit.orientation, size),
    }))
  if (fit.kind === 'scaled') {
    const { factor } = fit
    const stretch = { sx: factor, sy: factor, dx: 0, dy: 0 }
    return annotations.map((annotation) => ({
      ...annotation,
      shape: stretchShape(annotation.shape, stretch),
    }))
  }
  return [...annotations]
}
