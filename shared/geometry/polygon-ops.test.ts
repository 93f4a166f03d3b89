import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolygonShape } from '#shared/model/annotation.ts'
import { holedPolygonIn, polygonIn } from '#tests/helpers/arbitraries.ts'
import {
  intersectPolygons,
  simplifyRing,
  slicePolygon,
  smoothRing,
  subtractPolygons,
  unionPolygons,
} from './polygon-ops.ts'
import { ringArea } from './ring.ts'
import { shapeArea } from './shape.ts'

const polygons = fc.oneof(
  polygonIn(400, 300),
  holedPolygonIn(400, 300),
) as fc.Arbitrary<PolygonShape>
const area = (shapes: readonly PolygonShape[]) =>
  shapes.reduce((sum, shape) => sum + shapeArea(shape), 0)
/** Relative to a picture of 120,000 square pixels. */
const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(0.5)

describe('polygon operations', () => {
  test('union with itself is itself, difference with itself is empty', () => {
    fc.assert(
      fc.property(polygons, (shape) => {
        near(area(unionPolygons([shape, shape])), shapeArea(shape))
        near(area(intersectPolygons([shape, shape])), shapeArea(shape))
        near(area(subtractPolygons(shape, [shape])), 0)
      }),
    )
  })

  test('areas add up', () => {
    fc.assert(
      fc.property(polygons, polygons, (a, b) => {
        const both = area(intersectPolygons([a, b]))
        near(area(unionPolygons([a, b])), shapeArea(a) + shapeArea(b) - both)
        near(area(subtractPolygons(a, [b])), shapeArea(a) - both)
      }),
    )
  })

  test('almost coinciding sides give closed rings', () => {
    const shape = (...rings: [number, number][][]): PolygonShape => ({
      kind: 'polygon',
      rings: rings.map((ring) => ring.map(([x, y]) => ({ x, y }))),
    })
    const a = shape(
      [
        [108, 75],
        [106.5, 79.75],
        [102.5, 82.5],
        [82.75, 128.25],
        [60.25, 103.75],
        [92, 75],
        [97.5, 67.5],
      ],
      [
        [104, 75],
        [103.25, 77.375],
        [101.25, 78.75],
        [91.375, 101.625],
        [80.125, 89.375],
        [96, 75],
      ],
    )
    const b = shape(
      [
        [119, 120.75],
        [113.5, 128.25],
        [86.75, 138.5],
        [61.75, 85],
        [130.25, 61.75],
      ],
      [
        [115, 120.75],
        [112.25, 124.5],
        [98.875, 129.625],
        [86.375, 102.875],
        [120.625, 91.25],
      ],
    )
    const both = area(intersectPolygons([a, b]))
    near(area(unionPolygons([a, b])), shapeArea(a) + shapeArea(b) - both)
    near(area(subtractPolygons(a, [b])), shapeArea(a) - both)
  })

  test('vertices away from the change keep their exact places', () => {
    const irregular: PolygonShape = {
      kind: 'polygon',
      rings: [
        [
          { x: 0.123456789, y: 0.2 },
          { x: 100 / 3, y: 0.7 },
          { x: 33.3, y: 200 / 7 },
          { x: 1 / 9, y: 28.123456 },
        ],
      ],
    }
    const corner: PolygonShape = {
      kind: 'polygon',
      rings: [
        [
          { x: 30, y: 25 },
          { x: 50, y: 25 },
          { x: 50, y: 50 },
          { x: 30, y: 50 },
        ],
      ],
    }
    const [first, second, , fourth] = irregular.rings[0]
    for (const [result] of [
      unionPolygons([irregular, corner]),
      subtractPolygons(irregular, [corner]),
    ])
      for (const vertex of [first, second, fourth]) expect(result.rings[0]).toContainEqual(vertex)
  })

  test('slicing loses nothing', () => {
    const point = fc.record({
      x: fc.integer({ min: 0, max: 400 }),
      y: fc.integer({ min: 0, max: 300 }),
    })
    fc.assert(
      fc.property(polygons, point, point, (shape, a, b) => {
        near(area(slicePolygon(shape, a, b)), shapeArea(shape))
      }),
    )
  })
})

test('simplifying keeps vertices of the ring, and leaves a square alone', () => {
  fc.assert(
    fc.property(polygonIn(400, 300), fc.integer({ min: 0, max: 20 }), (shape, tolerance) => {
      if (shape.kind !== 'polygon') return
      const [ring] = shape.rings
      const simple = simplifyRing(ring, tolerance)
      expect(simple.length).toBeGreaterThanOrEqual(3)
      for (const point of simple) expect(ring).toContainEqual(point)
    }),
  )
  const square = [
    { x: 0, y: 0 },
    { x: 5, y: 0 },
    { x: 10, y: 0 },
    { x: 10, y: 10 },
    { x: 0, y: 10 },
  ]
  expect(simplifyRing(square, 0.5)).toEqual([square[0], square[2], square[3], square[4]])
})

test('smoothing stays inside a convex ring and has twice its vertices', () => {
  const square = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 10, y: 10 },
    { x: 0, y: 10 },
  ]
  const smooth = smoothRing(square)
  expect(smooth).toHaveLength(8)
  expect(ringArea(smooth)).toBeLessThan(100)
})
