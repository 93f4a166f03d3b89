import { clampBox } from '#shared/geometry/box.ts'
import { clampPoint, type Size } from '#shared/geometry/clamp-shape.ts'
import type { Mask } from '#shared/geometry/raster.ts'
import { ringArea } from '#shared/geometry/ring.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import { COCO_JOINTS } from './class-names.ts'
import { decodeOutputs, type Outputs } from './detect-decode.ts'
import type { Found, ScoredMask } from './detect-found.ts'
import type { Detector } from './detector.ts'
import { type Fit, toImagePoint } from './fit-picture.ts'
import { maskToPolygons } from './mask-to-polygon.ts'
import { suppress } from './suppress.ts'

/** An object that a model found; places in image pixels. */
export interface Detection {
  className: string
  /** 0..1 */
  confidence: number
  shape: Shape
  /** Joints that the model sees, by name and by their place among all; empty unless it finds poses. */
  keypoints: (Point & { name: string; index: number; confidence: number })[]
}

export interface DetectLimits {
  /** Objects below it are left out, 0..1. */
  floor: number
  /** How many of an image are kept, the surest first. */
  most: number
}

/** Low enough for the threshold to be moved afterwards, high enough to keep out thousands of guesses. */
export const USUAL_LIMITS: DetectLimits = { floor: 0.1, most: 300 }

/** A joint below it is not in the picture (Ultralytics draws none below). */
const JOINT_SEEN = 0.5
/** A mask's scores are interpolated to at most as many pixels for each of its own, so that borders have no steps. */
const MOST_ZOOM = 4

/**
 * What a model's outputs mean for an image of `size`: decoded, overlaps suppressed, masks made polygons, and all of it
 * brought back from the model's input to the image. Throws an OutputError.
 */
export function detectionsOf(
  detector: Detector,
  outputs: Outputs,
  fit: Fit,
  size: Size,
  limits: DetectLimits = USUAL_LIMITS,
): Detection[] {
  const found = decodeOutputs(detector, outputs, limits)
    .filter(({ classIndex }) => classIndex >= 0)
    .map((one) => ({ ...one, className: className(detector, one) }))
  return suppress(found, detector.usualOverlap ?? 1)
    .slice(0, limits.most)
    .flatMap((one) => {
      const confidence = rounded(Math.min(1, Math.max(0, one.confidence)))
      return shapesOf(one, fit, size).map((shape) => ({
        className: one.className,
        confidence,
        shape,
        keypoints: jointsOf(detector, one, fit, size),
      }))
    })
}

/** More digits than anybody reads would fill label files. */
const rounded = (confidence: number): number => Math.round(confidence * 10_000) / 10_000

const className = ({ classes }: Detector, { classIndex }: Found): string =>
  classes[classIndex]?.trim() || `class ${classIndex}`

/** None when nothing of it lies in the image. */
function shapesOf({ shape, mask }: Found, fit: Fit, size: Size): Shape[] {
  if (mask) return polygonOf(mask(), fit, size)
  if (shape.kind === 'oriented_box') {
    const centre = toImagePoint(fit, { x: shape.cx, y: shape.cy })
    const turned: Shape = {
      ...shape,
      cx: centre.x,
      cy: centre.y,
      w: shape.w / fit.scaleX,
      h: shape.h / fit.scaleY,
    }
    const isInside =
      centre.x >= 0 && centre.y >= 0 && centre.x <= size.width && centre.y <= size.height
    return isInside ? [turned] : []
  }
  const { x, y } = toImagePoint(fit, shape)
  const box = clampBox(
    { x, y, w: shape.w / fit.scaleX, h: shape.h / fit.scaleY },
    size.width,
    size.height,
  )
  return box ? [{ kind: 'bbox', ...box }] : []
}

/** The largest region of a mask; crumbs beside it are noise of the mask's border. */
function polygonOf(scored: ScoredMask, fit: Fit, size: Size): Shape[] {
  const zoom = Math.max(1, Math.min(MOST_ZOOM, Math.round(scored.cellWidth)))
  const mask = maskOf(scored, zoom)
  const corner = toImagePoint(fit, { x: scored.left, y: scored.top })
  const { shapes } = maskToPolygons(mask, {
    place: {
      left: corner.x,
      top: corner.y,
      scaleX: scored.cellWidth / zoom / fit.scaleX,
      scaleY: scored.cellHeight / zoom / fit.scaleY,
    },
  })
  return shapes.slice(0, 1).flatMap(({ kind, rings }) => {
    // What lies beside the image becomes a line on its border.
    const inside = rings
      .map((ring) => ring.map((point) => clampPoint(point, size)))
      .filter((ring) => ringArea(ring) > 0)
    return inside.length > 0 ? [{ kind, rings: inside }] : []
  })
}

/** A mask of `zoom` pixels for each score, by linear interpolation between the scores' centres. */
export function maskOf({ size: { width, height }, scores }: ScoredMask, zoom: number): Mask {
  const data = new Uint8Array(width * zoom * height * zoom)
  const between = (at: number, count: number) => {
    const place = Math.min(count - 1, Math.max(0, (at + 0.5) / zoom - 0.5))
    const low = Math.floor(place)
    return { low, high: Math.min(count - 1, low + 1), share: place - low }
  }
  const columns = Array.from({ length: width * zoom }, (_, x) => between(x, width))
  for (let y = 0, at = 0; y < height * zoom; y++) {
    const row = between(y, height)
    const [above, below] = [row.low * width, row.high * width]
    for (const { low, high, share } of columns) {
      const top = scores[above + low] * (1 - share) + scores[above + high] * share
      const bottom = scores[below + low] * (1 - share) + scores[below + high] * share
      data[at++] = top * (1 - row.share) + bottom * row.share > 0 ? 1 : 0
    }
  }
  return { width: width * zoom, height: height * zoom, data }
}

function jointsOf(
  { keypoints }: Detector,
  found: Found,
  fit: Fit,
  size: Size,
): Detection['keypoints'] {
  const names =
    keypoints?.count === COCO_JOINTS.length
      ? COCO_JOINTS
      : Array.from({ length: keypoints?.count ?? 0 }, (_, index) => `joint ${index + 1}`)
  return found.keypoints.flatMap(({ x, y, confidence }, index) =>
    confidence >= JOINT_SEEN
      ? [
          {
            name: names[index] ?? `joint ${index + 1}`,
            index,
            confidence: rounded(Math.min(1, confidence)),
            ...clampPoint(toImagePoint(fit, { x, y }), size),
          },
        ]
      : [],
  )
}
