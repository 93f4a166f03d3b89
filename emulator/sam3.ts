import { around, type Box, type Point } from './geometry.ts'
import type { StoredAnnotation } from './schemas.ts'
import { newId } from './state.ts'

export type Output = 'polygon' | 'bbox'

/** The confidence of all results. */
export const SCORE = 0.9

/** Micro-USD per prompt on a stored image. */
export const PROMPT_PRICE = 2_500

/** An octagonal outline in a box, in whole pixels. */
function outline({ x, y, w, h }: Box): Point[] {
  return Array.from({ length: 8 }, (_, index) => {
    const angle = (index / 8) * 2 * Math.PI
    return {
      x: Math.round(x + (w / 2) * (1 + Math.cos(angle))),
      y: Math.round(y + (h / 2) * (1 + Math.sin(angle))),
    }
  })
}

/** Pretends to find an object in a box, without a model. */
export function found(name: string, box: Box, output: Output): StoredAnnotation {
  const common = { id: newId(), name, confidence: SCORE, attributes: ['auto-annotate'] }
  if (output === 'bbox') return { ...common, type: 'bbox', bounding_box: box }
  const ring = outline(box)
  return { ...common, type: 'polygon', polygon: { paths: [ring] }, bounding_box: around(ring) }
}

/** The object at the first of the points; more points make it larger. */
export function atPoints(name: string, points: readonly Point[], output: Output): StoredAnnotation {
  const { x, y, w, h } = around(points)
  return found(name, { x: x - 20, y: y - 20, w: w + 40, h: h + 40 }, output)
}

/** At most three objects in a row. */
export function row(name: string, output: Output, most: number): StoredAnnotation[] {
  return Array.from({ length: Math.min(3, most) }, (_, index) =>
    found(name, { x: 10 + index * 45, y: 20, w: 40, h: 50 }, output),
  )
}
