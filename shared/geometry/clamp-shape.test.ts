import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Shape } from '#shared/model/annotation.ts'
import { boxesTouch } from './box.ts'
import {
  boundsOfShapes,
  clampMove,
  clampShape,
  isInside,
  lastInside,
  movedInside,
} from './clamp-shape.ts'
import { dragShapeHandle, shapeBounds, shapeHandles, translateShape } from './shape.ts'

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

test('a shape that overlaps the image is cut at its border, one inside is unchanged', () => {
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

/** A shape of any kind, also a rotated box, completely inside the image. */
const inside = fc
  .oneof(
    shape,
    fc.record({
      kind: fc.constant('oriented_box' as const),
      cx: number,
      cy: number,
      w: side,
      h: side,
      angleDeg: fc.double({ min: 0, max: 359, noNaN: true }),
    }),
  )
  .map((made) => movedInside(made, size))
  .filter((made) => made !== null)

test('shapes that are moved together stop at the border together, without changing form', () => {
  fc.assert(
    fc.property(
      fc.array(inside, { minLength: 1, maxLength: 4 }),
      number,
      number,
      (shapes, x, y) => {
        const by = clampMove(boundsOfShapes(shapes), { x, y }, size)
        for (const made of shapes) {
          const moved = translateShape(made, by.x, by.y)
          expect(isInside(moved, size)).toBe(true)
          expect(shapeBounds(moved).w).toBeCloseTo(shapeBounds(made).w)
        }
        // Never further than requested, and never the other way.
        expect(Math.abs(by.x)).toBeLessThanOrEqual(Math.abs(x))
        expect(by.x * x).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})

test('a shape partly outside can move back, but not further out', () => {
  const out = { x: -20, y: 50, w: 40, h: 10 }
  expect(clampMove(out, { x: -5, y: 0 }, size)).toEqual({ x: 0, y: 0 })
  expect(clampMove(out, { x: 30, y: 0 }, size)).toEqual({ x: 30, y: 0 })
})

test('dragging any handle anywhere, with or without Shift and Alt, keeps the shape inside', () => {
  fc.assert(
    fc.property(
      inside,
      fc.nat(),
      fc.record({ x: number, y: number }),
      fc.boolean(),
      fc.boolean(),
      (made, index, to, constrain, fromCentre) => {
        const handles = shapeHandles(made).filter(({ role }) => role !== 'rotate')
        const handle = handles[index % handles.length]
        if (!handle) return
        const dragged = lastInside(
          (place) => dragShapeHandle(made, handle.id, { to: place, constrain, fromCentre }),
          handle.at,
          to,
          size,
        )
        if (dragged) expect(isInside(dragged, size)).toBe(true)
      },
    ),
  )
})

test('a box rotated at the border shifts away from it; without room the result is null', () => {
  const box: Shape = { kind: 'oriented_box', cx: 100, cy: 5, w: 80, h: 10, angleDeg: 90 }
  const moved = movedInside(box, size)
  expect(moved).toMatchObject({ cx: 100, w: 80, h: 10, angleDeg: 90 })
  expect(shapeBounds(moved ?? box).y).toBeCloseTo(0)
  expect(movedInside({ ...box, w: 250 }, size)).toBeNull()
})
