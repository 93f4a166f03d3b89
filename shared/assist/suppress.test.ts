import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boxOverlap, orientedOverlap, shapeOverlap } from '#shared/geometry/overlap.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { OrientedBoxShape } from '#shared/model/annotation.ts'
import { maskIou, polygonsToMask } from './mask-to-polygon.ts'
import { type Scored, suppress } from './suppress.ts'

const place = fc.integer({ min: 0, max: 60 })
const side = fc.integer({ min: 1, max: 40 })
const bbox = fc.record({ kind: fc.constant('bbox' as const), x: place, y: place, w: side, h: side })
const oriented: fc.Arbitrary<OrientedBoxShape> = fc.record({
  kind: fc.constant('oriented_box' as const),
  cx: fc.integer({ min: 40, max: 80 }),
  cy: fc.integer({ min: 40, max: 80 }),
  w: fc.integer({ min: 8, max: 50 }),
  h: fc.integer({ min: 8, max: 50 }),
  angleDeg: fc.integer({ min: 0, max: 359 }),
})
const scored: fc.Arbitrary<Scored> = fc.record({
  className: fc.constantFrom('car', 'person'),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  shape: fc.oneof(bbox, oriented),
})
const many = fc.array(scored, { maxLength: 40 })
const threshold = fc.double({ min: 0.05, max: 0.95, noNaN: true })

describe('suppression of overlaps', () => {
  test('no two that are kept overlap more, and whatever goes overlaps a surer one of its class', () => {
    fc.assert(
      fc.property(many, threshold, (found, overlap) => {
        const kept = suppress(found, overlap)
        for (const [index, one] of kept.entries())
          for (const other of kept.slice(index + 1))
            if (one.className === other.className)
              expect(shapeOverlap(one.shape, other.shape)).toBeLessThanOrEqual(overlap)
        for (const gone of found.filter((item) => !kept.includes(item)))
          expect(
            kept.some(
              (item) =>
                item.className === gone.className &&
                item.confidence >= gone.confidence &&
                shapeOverlap(item.shape, gone.shape) > overlap,
            ),
          ).toBe(true)
      }),
    )
  })

  test('a second time changes nothing; the order is by confidence', () => {
    fc.assert(
      fc.property(many, threshold, (found, overlap) => {
        const kept = suppress(found, overlap)
        expect(suppress(kept, overlap)).toEqual(kept)
        const sure = kept.map(({ confidence }) => confidence)
        expect(sure).toEqual([...sure].sort((a, b) => b - a))
      }),
    )
  })

  test('the surest of each class is always kept', () => {
    fc.assert(
      fc.property(many, threshold, (found, overlap) => {
        const kept = suppress(found, overlap)
        for (const [, group] of Map.groupBy(found, ({ className }) => className)) {
          const most = Math.max(...group.map(({ confidence }) => confidence))
          expect(kept.some(({ confidence }) => confidence === most)).toBe(true)
        }
      }),
    )
  })
})

describe('overlap', () => {
  test('of boxes, by hand', () => {
    const a = { x: 0, y: 0, w: 10, h: 10 }
    expect(boxOverlap(a, { x: 5, y: 0, w: 10, h: 10 })).toBeCloseTo(50 / 150)
    expect(boxOverlap(a, { x: 10, y: 0, w: 10, h: 10 })).toBe(0)
    expect(boxOverlap(a, a)).toBe(1)
  })

  test('of turned boxes: upright ones as boxes, a square turned by 45° by hand', () => {
    const square: OrientedBoxShape = { kind: 'oriented_box', cx: 0, cy: 0, w: 2, h: 2, angleDeg: 0 }
    // The common part is a regular octagon of area 8(√2 − 1).
    const common = 8 * (Math.SQRT2 - 1)
    expect(orientedOverlap(square, { ...square, angleDeg: 45 })).toBeCloseTo(common / (8 - common))
    fc.assert(
      fc.property(bbox, bbox, (a, b) => {
        const turned = ({ x, y, w, h }: typeof a): OrientedBoxShape => ({
          kind: 'oriented_box',
          cx: x + w / 2,
          cy: y + h / 2,
          w,
          h,
          angleDeg: 0,
        })
        expect(orientedOverlap(turned(a), turned(b))).toBeCloseTo(boxOverlap(a, b), 6)
      }),
    )
  })

  test('of turned boxes as their pixels say', () => {
    const frame = { x: 0, y: 0, w: 130, h: 130 }
    const mask = (shape: OrientedBoxShape) =>
      polygonsToMask([{ kind: 'polygon', rings: [[...orientedCorners(shape)]] }], frame)
    fc.assert(
      fc.property(oriented, oriented, (a, b) => {
        expect(Math.abs(orientedOverlap(a, b) - maskIou(mask(a), mask(b)))).toBeLessThan(0.12)
        expect(orientedOverlap(a, b)).toBeCloseTo(orientedOverlap(b, a), 6)
      }),
    )
  })
})
