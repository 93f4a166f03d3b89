import type { Shape } from '#shared/model/annotation.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'
import {
  type MaskPlace,
  maskFromLogits,
  maskToBox,
  maskToOrientedBox,
  maskToPolygons,
} from './mask-to-polygon.ts'
import type { Size } from './segment-picture.ts'
import { enlarge, type SegmentCandidate } from './segment-prompt.ts'

/** A candidate as the person sees it. */
export interface SegmentShape {
  shapes: Shape[]
  score: number
}

/** `preview`: the best candidate alone, coarser, while the pointer moves. */
export type SegmentDetail = 'preview' | 'final'

/** The longer side of the mask that is traced. Finer than 1024 the model does not know. */
const TRACED_SIDE: Record<SegmentDetail, number> = { preview: 512, final: 1024 }
/** Regions smaller than this share of the largest are noise of the model. */
const LEAST_SHARE = 0.02

/** The candidates as shapes in image pixels; those that hold nothing are left out. `size`: of the image. */
export function segmentShapes(
  candidates: readonly SegmentCandidate[],
  size: Size,
  output: SegmentOutput,
  detail: SegmentDetail = 'final',
): SegmentShape[] {
  const scale = Math.min(1, TRACED_SIDE[detail] / Math.max(size.width, size.height))
  const traced = {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  }
  const place: MaskPlace = {
    left: 0,
    top: 0,
    scaleX: size.width / traced.width,
    scaleY: size.height / traced.height,
  }
  const shown = detail === 'preview' ? candidates.slice(0, 1) : candidates
  return shown.flatMap(({ grid, score }) => {
    const large = enlarge(grid, traced)
    const mask = maskFromLogits(large.data, large.width, large.height)
    let most = 0
    for (const value of mask.data) most += value
    if (most === 0) return []
    const leastPixels = Math.max(4, most * LEAST_SHARE)
    const shapes = shapesOf(mask, place, output, leastPixels)
    return shapes.length === 0 ? [] : [{ shapes, score }]
  })
}

function shapesOf(
  mask: ReturnType<typeof maskFromLogits>,
  place: MaskPlace,
  output: SegmentOutput,
  leastPixels: number,
): Shape[] {
  if (output === 'polygon') return maskToPolygons(mask, { place, leastPixels }).shapes
  if (output === 'oriented_box') {
    const turned = maskToOrientedBox(mask, place)
    return turned ? [turned] : []
  }
  const box = maskToBox(mask, place)
  return box ? [{ kind: 'bbox', ...box }] : []
}
