import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { distanceToPath } from '#shared/geometry/point.ts'
import { type Mask, rasterise, traceMask } from '#shared/geometry/raster.ts'
import { ringsContain } from '#shared/geometry/ring.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { PolygonShape } from '#shared/model/annotation.ts'
import { holedPolygonIn } from '#tests/helpers/arbitraries.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import {
  maskFromLogits,
  maskIou,
  maskToBox,
  maskToOrientedBox,
  maskToPolygons,
  polygonsToMask,
  ringTolerance,
} from './mask-to-polygon.ts'

const maskOf = (...rows: readonly string[]): Mask => ({
  width: rows[0].length,
  height: rows.length,
  data: Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 1 : 0)),
})

const noise = fc
  .record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
      .map((data): Mask => ({ width, height, data })),
  )

const drawn = holedPolygonIn(400, 300).filter(
  (shape): shape is PolygonShape => shape.kind === 'polygon' && selfCrossings(shape).length === 0,
)
const FRAME = { x: 0, y: 0, w: 400, h: 300 }

describe('a mask becomes polygons', () => {
  test('without a tolerance they cover the same pixels, whatever the mask', () => {
    fc.assert(
      fc.property(noise, (mask) => {
        const { shapes, tolerance } = maskToPolygons(mask, { tolerance: 0, leastPixels: 0 })
        expect(tolerance).toBe(0)
        const again = polygonsToMask(shapes, { x: 0, y: 0, w: mask.width, h: mask.height })
        expect([...again.data]).toEqual([...mask.data])
      }),
      { numRuns: 500 },
    )
  })

  test('by the rule they cover all but the same, and holes stay holes', () => {
    fc.assert(
      fc.property(drawn, (shape) => {
        const mask = polygonsToMask([shape], FRAME)
        const { shapes, tolerance } = maskToPolygons(mask, { leastPixels: 0 })
        const traced = traceMask(mask)
        fc.pre(traced.length > 0)
        const holes = (regions: readonly (readonly unknown[])[]) =>
          regions.map(({ length }) => length).sort()
        expect(holes(shapes.map(({ rings }) => rings))).toEqual(holes(traced))
        // No pixel further from the border than the tolerance and half a pixel's diagonal has changed sides.
        const again = polygonsToMask(shapes, FRAME)
        mask.data.forEach((value, index) => {
          if (value === again.data[index]) return
          const centre = { x: (index % 400) + 0.5, y: Math.floor(index / 400) + 0.5 }
          const away = Math.min(...traced.flat().map((ring) => distanceToPath(centre, ring, true)))
          expect(away).toBeLessThanOrEqual(tolerance + 0.71)
        })
        const pixels = mask.data.reduce((sum, value) => sum + value, 0)
        const border = traced.flat(2).length
        if (pixels > 20 * border) expect(maskIou(mask, again)).toBeGreaterThan(0.95)
      }),
      { numRuns: 150 },
    )
  })

  test('none crosses itself', () => {
    fc.assert(
      fc.property(noise, fc.double({ min: 0, max: 4, noNaN: true }), (mask, tolerance) => {
        for (const shape of maskToPolygons(mask, { tolerance }).shapes)
          expect(selfCrossings(shape)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('a hole goes to the region around it, through a hole of the same region on its left, too', () => {
    const mask = maskOf(
      '###########..####',
      '#..##.##..#..#..#',
      '#..##.##..#..#..#',
      '###########..####',
      '.................',
      '####.............',
    )
    const { shapes } = maskToPolygons(mask, { tolerance: 0, leastPixels: 0 })
    expect(shapes.map(({ rings }) => rings.length)).toEqual([4, 2, 1])
    for (const { rings } of shapes)
      for (const [hole] of rings.slice(1)) expect(ringsContain([rings[0]], hole)).toBe(true)
  })

  test('right angles stay, and a slanted border has no steps', () => {
    const square = maskToPolygons(polygonsToMask([rect(3, 4, 20, 30)], FRAME)).shapes[0]
    expect(square.rings).toEqual([
      [
        { x: 3, y: 4 },
        { x: 23, y: 4 },
        { x: 23, y: 34 },
        { x: 3, y: 34 },
      ],
    ])
    const triangle: PolygonShape = {
      kind: 'polygon',
      rings: [
        [
          { x: 10, y: 10 },
          { x: 210, y: 130 },
          { x: 60, y: 200 },
        ],
      ],
    }
    const { rings } = maskToPolygons(polygonsToMask([triangle], FRAME)).shapes[0]
    expect(rings[0].length).toBeLessThanOrEqual(7)
  })

  test('specks and pinholes are left out', () => {
    const mask = polygonsToMask([rect(10, 10, 30, 30), rect(100, 100, 1, 1)], FRAME)
    mask.data[20 * 400 + 20] = 0
    const { shapes } = maskToPolygons(mask)
    expect(shapes.map(({ rings }) => rings.length)).toEqual([1])
  })

  test('large noise takes no time that grows with regions times holes', () => {
    const [width, height] = [1024, 1024]
    const data = new Uint8Array(width * height)
    const random = seededRandom(7)
    for (let index = 0; index < data.length; index++) data[index] = random() < 0.3 ? 0 : 1
    const start = performance.now()
    expect(traceMask({ width, height, data }).length).toBeGreaterThan(100)
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('in its place in the image, with the tolerance in image pixels', () => {
    const mask = polygonsToMask([rect(0, 0, 100, 50)], { x: 0, y: 0, w: 120, h: 60 })
    const place = { left: 1000, top: 500, scaleX: 4, scaleY: 2 }
    const { shapes, tolerance } = maskToPolygons(mask, { place })
    expect(shapes[0].rings[0][2]).toEqual({ x: 1400, y: 600 })
    expect(tolerance).toBe(4)
    expect(maskToBox(mask, place)).toEqual({ x: 1000, y: 500, w: 400, h: 100 })
  })
})

const rect = (x: number, y: number, w: number, h: number): PolygonShape => ({
  kind: 'polygon',
  rings: [
    [
      { x, y },
      { x: x + w, y },
      { x: x + w, y: y + h },
      { x, y: y + h },
    ],
  ],
})

test('the tolerance is the smaller of two parts of the outline', () => {
  const [ring] = rect(0, 0, 300, 400).rings
  expect(ringTolerance(ring)).toBeCloseTo(0.00216 * 500, 12)
  // As long as its diagonal, there and back, it is by perimeter for no shape: but a point has neither.
  expect(ringTolerance([{ x: 3, y: 3 }])).toBe(0)
})

test('logits become a mask at their threshold; a wrong size is refused', () => {
  expect([...maskFromLogits([-1, 0, 0.1, 3], 2, 2).data]).toEqual([0, 0, 1, 1])
  expect([...maskFromLogits([-1, 0, 0.1, 3], 2, 2, 2).data]).toEqual([0, 0, 0, 1])
  expect(() => maskFromLogits([1, 2, 3], 2, 2)).toThrow(/3 logits are no mask of 2 × 2/)
})

describe('boxes of a mask', () => {
  test('an empty one has none', () => {
    const empty = maskOf('...', '...')
    expect(maskToBox(empty)).toBeNull()
    expect(maskToOrientedBox(empty)).toBeNull()
    expect(maskToPolygons(empty).shapes).toEqual([])
  })

  test('the box is tight, and the turned one holds every pixel and is no larger', () => {
    fc.assert(
      fc.property(noise, (mask) => {
        fc.pre(mask.data.includes(1))
        const box = maskToBox(mask)
        const turned = maskToOrientedBox(mask)
        if (!box || !turned) throw new Error('There is something inside')
        expect(turned.w * turned.h).toBeLessThanOrEqual(box.w * box.h + 1e-6)
        const ring = orientedCorners(turned)
        mask.data.forEach((value, index) => {
          if (value === 0) return
          const [x, y] = [index % mask.width, Math.floor(index / mask.width)]
          expect(x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h).toBe(true)
          const centre = { x: x + 0.5, y: y + 0.5 }
          expect(ringsContain([ring], centre)).toBe(true)
        })
        const has = (test: (x: number, y: number) => boolean) =>
          mask.data.some((v, i) => v === 1 && test(i % mask.width, Math.floor(i / mask.width)))
        expect(has((x) => x === box.x)).toBe(true)
        expect(has((_, y) => y === box.y + box.h - 1)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('a part of the image is the same part of the whole', () => {
    fc.assert(
      fc.property(drawn, (shape) => {
        const part = polygonsToMask([shape], { x: 50, y: 40, w: 100, h: 120 })
        const whole = rasterise(shape.rings, 400, 300)
        for (let y = 0; y < 120; y += 7)
          for (let x = 0; x < 100; x += 3)
            expect(part.data[y * 100 + x]).toBe(whole.data[(y + 40) * 400 + x + 50])
      }),
      { numRuns: 50 },
    )
  })
})
