import { distance } from '#shared/geometry/point.ts'
import { minimumAreaRectangle } from '#shared/geometry/ring.ts'
import { orientedBoxFromCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { OrientedBoxShape, Point } from '#shared/model/annotation.ts'
import { FormatError } from './format-error.ts'

/** Pixels, and a share of the longer side, that corners may be off: files round them. */
const SLACK_PIXELS = 1
const SLACK_SHARE = 0.02

/**
 * A turned box from four corners in image pixels; of a quadrilateral that is no rectangle, the smallest box around it, as
 * trainers take it. Throws a FormatError where it encloses nothing.
 */
export function turnedBox(points: readonly Point[]): {
  shape: OrientedBoxShape
  isRectangle: boolean
} {
  const [p0, p1, p2, p3] = points
  const box = orientedBoxFromCorners(p0, p1, p2)
  if (box) {
    const fourth = { x: p0.x + p2.x - p1.x, y: p0.y + p2.y - p1.y }
    const slack = SLACK_SHARE * Math.max(box.w, box.h) + SLACK_PIXELS
    const isRectangle =
      distance(fourth, p3) <= slack && Math.abs(distance(p0, p2) - distance(p1, p3)) <= slack
    if (isRectangle) return { shape: box, isRectangle }
  }
  const around = minimumAreaRectangle(points)
  if (!(around.w > 0 && around.h > 0))
    throw new FormatError('points', 'make a box without an extent')
  return { shape: { kind: 'oriented_box', ...around }, isRectangle: false }
}
