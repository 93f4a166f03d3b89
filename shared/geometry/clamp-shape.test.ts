import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Shape } from '#shared/model/annotation.ts'
import { boxesTouch } from './box.ts'
import { clampShape } from './clamp-shape.ts'
import { shapeBounds } from './shape.ts'

const number = fc.double({ min: -500, max: 900, noNaN: true })
const side = fc.double({ min: 0.1, max: 900, noNaN: true })
const points = fc.array(fc.record({ x: number, y: number }), { minLength: 3, maxLength: 6 })
const shape = fc.oneof<fc.Arbitrary<Shape>[]>(
  fc.record({ kind: fc.constant('bbox'), x: number, y: number, w: side, h: side }),
  fc.record({ kind: fc.constant('keypoint'), x: number, y: number }),
  points.map((list) => ({ kind: 'polyline', points: list })),
  points.map((ring) => ({ kind: 'polygon', rings: [ring] })),
)
const size = { width: 300, height: 200 }

test('what touches the image ends at its border, and what lies inside is as it was', () => {
  fc.assert(
    fc.property(shape, (drawn) => {
      const before = shapeBounds(drawn)
      const { x, y, w, h } = shapeBounds(clampShape(drawn, size))
      if (boxesTouch(before, { x: 0.01, y: 0.01, w: 299.98, h: 199.98 }) || drawn.kind !== 'bbox') {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
        expect(x + w).toBeLessThanOrEqual(300 + 1e-9)
        expect(y + h).toBeLessThanOrEqual(200 + 1e-9)
      }
      const isInside =
        before.x >= 0 && before.y >= 0 && before.x + before.w <= 300 && before.y + before.h <= 200
      if (isInside) {
        expect(x).toBeCloseTo(before.x)
        expect(w).toBeCloseTo(before.w)
      }
    }),
  )
})
