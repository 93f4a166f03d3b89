import type { Size } from '#shared/geometry/clamp-shape.ts'
import type { BboxShape, OrientedBoxShape, Point } from '#shared/model/annotation.ts'

/** One object as a decoder reads it; places in pixels of the model's input. */
export interface Found {
  classIndex: number
  /** 0..1 */
  confidence: number
  shape: BboxShape | OrientedBoxShape
  /** x, y and how sure the model is of it, 0..1. */
  keypoints: readonly (Point & { confidence: number })[]
  /** Makes its mask, which is asked for only of what is kept. */
  mask: (() => ScoredMask) | null
}

/** Scores of a grid laid over the model's input; inside is where they are above 0. */
export interface ScoredMask {
  size: Size
  scores: Float32Array
  /** Where the grid's pixel (0, 0) begins, and the side of one, pixels of the input. */
  left: number
  top: number
  cellWidth: number
  cellHeight: number
}

/** Numbers of a tensor, whatever its type. */
export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

/** A box by its centre and size; null when it has no extent or is no number. */
export function centredBox(cx: number, cy: number, w: number, h: number): BboxShape | null {
  return cornersBox(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
}

export function cornersBox(left: number, top: number, right: number, bottom: number) {
  const box: BboxShape = { kind: 'bbox', x: left, y: top, w: right - left, h: bottom - top }
  return box.w > 0 && box.h > 0 && Number.isFinite(box.w + box.h + left + top) ? box : null
}
