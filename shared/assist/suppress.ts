import { shapeOverlap } from '#shared/geometry/overlap.ts'
import type { Shape } from '#shared/model/annotation.ts'

/** What can be compared: the shape that stands for it, its class, and how sure the model is. */
export interface Scored {
  className: string
  confidence: number
  shape: Shape
}

/**
 * Non-maximum suppression, class by class: of what overlaps more than `overlap` (IoU, 0..1) only the surest stays. The
 * order of the answer is by confidence; of equals the first comes first.
 */
export function suppress<T extends Scored>(found: readonly T[], overlap: number): T[] {
  const sorted = [...found].sort((a, b) => b.confidence - a.confidence)
  if (overlap >= 1) return sorted
  const keptOf = new Map<string, T[]>()
  return sorted.filter((item) => {
    const kept = keptOf.get(item.className) ?? []
    if (kept.some(({ shape }) => shapeOverlap(shape, item.shape) > overlap)) return false
    kept.push(item)
    keptOf.set(item.className, kept)
    return true
  })
}
