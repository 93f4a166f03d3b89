import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeSchema } from '#shared/model/annotation.ts'
import { annotationOf, holedPolygonIn, ringIn, shapeIn } from '#tests/helpers/arbitraries.ts'
import { decodeRle, encodeRle, rasterise, traceMask } from './raster.ts'
import { minimumAreaRectangle, ringArea } from './ring.ts'
import {
  dragShapeHandle,
  moveShapeVertices,
  removeShapeVertices,
  shapeArea,
  shapeBounds,
  shapeFields,
  shapeHandles,
  shapeHits,
  shapeVertices,
  stretchBetween,
  stretchShape,
  translateShape,
  withShapeField,
} from './shape.ts'
import { orientedBoxFromCorners, orientedCorners } from './shapes/oriented-box.ts'

const plain = { constrain: false, fromCentre: false }
const shapes = shapeIn(400, 300)

describe('every shape', () => {
  test('moved forth and back is unchanged', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: -500, max: 500 }),
        (shape, dx, dy) => {
          const back = translateShape(translateShape(shape, dx, dy), -dx, -dy)
          shapeVertices(back).forEach((point, index) => {
            expect(point.x).toBeCloseTo(shapeVertices(shape)[index].x, 6)
            expect(point.y).toBeCloseTo(shapeVertices(shape)[index].y, 6)
          })
        },
      ),
    )
  })

  test('has its vertices inside its bounds and hits them', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const box = shapeBounds(shape)
        for (const point of shapeVertices(shape)) {
          expect(point.x).toBeGreaterThanOrEqual(box.x - 1e-6)
          expect(point.x).toBeLessThanOrEqual(box.x + box.w + 1e-6)
          expect(shapeHits(shape, point, 0.001)).toBe(true)
        }
        expect(shapeHits(shape, { x: box.x - 50, y: box.y - 50 }, 1)).toBe(false)
      }),
    )
  })

  test('dragging a handle to its own place changes nothing', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        for (const handle of shapeHandles(shape)) {
          if (handle.role === 'midpoint') continue
          const same = dragShapeHandle(shape, handle.id, { to: handle.at, ...plain })
          expect(same).not.toBeNull()
          if (same) expect(shapeArea(same)).toBeCloseTo(shapeArea(shape), 3)
        }
      }),
    )
  })

  test('a ghost vertex can be pulled out and removed again', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        for (const { id, role, at } of shapeHandles(shape)) {
          if (role !== 'midpoint') continue
          const more = dragShapeHandle(shape, id, { to: at, ...plain })
          const inserted =
            more &&
            id.replace(/^m:(\d+):(\d+)$/, (_, path, index) => `v:${path}:${Number(index) + 1}`)
          expect(more && inserted && removeShapeVertices(more, new Set([inserted]))).toEqual(shape)
        }
      }),
    )
  })
})

test('stretching multiplies areas, maps boxes to boxes, and is reversible', () => {
  const factor = fc.integer({ min: 1, max: 40 }).map((value) => value / 8)
  fc.assert(
    fc.property(shapes, factor, factor, fc.boolean(), (shape, sx, sy, mirrored) => {
      const stretch = { sx: mirrored ? -sx : sx, sy, dx: 17, dy: -5 }
      const other = stretchShape(shape, stretch)
      expect(shapeSchema.safeParse(other).error).toBeUndefined()
      expect(shapeArea(other) / (shapeArea(shape) * sx * sy || 1)).toBeCloseTo(
        shapeArea(shape) > 0 ? 1 : 0,
        6,
      )
      if (shape.kind === 'oriented_box') return
      const there = stretchBetween(shapeBounds(shape), shapeBounds(other))
      const straight = shapeBounds(stretchShape(shape, there))
      const goal = shapeBounds(other)
      for (const side of ['x', 'y', 'w', 'h'] as const)
        expect(straight[side]).toBeCloseTo(goal[side], 6)
    }),
  )
})

test('vertices move together and back, and are removed down to the minimum', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: -50, max: 50 }), (shape, delta) => {
      const ids = new Set(
        shapeHandles(shape).flatMap(({ id, role }) => (role === 'vertex' ? [id] : [])),
      )
      const moved = moveShapeVertices(shape, ids, delta, -delta)
      if (moved) {
        expect(moved).toEqual(translateShape(shape, delta, -delta))
        expect(moveShapeVertices(moved, ids, -delta, delta)).toEqual(shape)
      }
      expect(removeShapeVertices(shape, ids)).toBeNull()
      const [one] = ids
      const without = one === undefined ? null : removeShapeVertices(shape, new Set([one]))
      if (without) expect(shapeSchema.safeParse(without).error).toBeUndefined()
    }),
  )
})

test('a typed number gives a valid shape with that number, or null', () => {
  fc.assert(
    fc.property(shapes, fc.double(), (shape, value) => {
      for (const { key, value: before } of shapeFields(shape)) {
        expect(withShapeField(shape, key, before)).toEqual(shape)
        const changed = withShapeField(shape, key, value)
        if (changed) expect(shapeSchema.safeParse(changed).success).toBe(true)
      }
      expect(withShapeField(shape, 'kind', 1)).toBeNull()
    }),
  )
})

test('resizing a box keeps the corner opposite the handle', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -50, max: 500 }),
      fc.integer({ min: -50, max: 500 }),
      fc.boolean(),
      (x, y, constrain) => {
        const box = { kind: 'bbox' as const, x: 100, y: 80, w: 40, h: 30 }
        const resized = dragShapeHandle(box, 'se', { to: { x, y }, constrain, fromCentre: false })
        if (resized?.kind !== 'bbox') return
        const { x: left, y: top, w, h } = resized
        expect(Math.min(Math.abs(left - 100), Math.abs(left + w - 100))).toBeLessThan(1e-6)
        expect(Math.min(Math.abs(top - 80), Math.abs(top + h - 80))).toBeLessThan(1e-6)
        if (constrain) expect(w / h).toBeCloseTo(40 / 30, 6)
      },
    ),
  )
})

test('an oriented box and its corners are equivalent', () => {
  fc.assert(
    fc.property(annotationOf(shapes), ({ shape }) => {
      if (shape.kind !== 'oriented_box') return
      const [p0, p1, p2] = orientedCorners(shape)
      const again = orientedBoxFromCorners(p0, p1, p2)
      expect(again?.cx).toBeCloseTo(shape.cx, 5)
      expect(again?.cy).toBeCloseTo(shape.cy, 5)
      expect(again?.w).toBeCloseTo(shape.w, 5)
      expect(again?.h).toBeCloseTo(shape.h, 5)
      const turn = Math.abs((again?.angleDeg ?? 0) - shape.angleDeg)
      expect(Math.min(turn, 360 - turn)).toBeLessThan(1e-5)
    }),
  )
})

test('the minimum rectangle is at least as large as the ring and at most as large as its bounding box', () => {
  fc.assert(
    fc.property(ringIn(400, 300), (ring) => {
      const { w, h } = minimumAreaRectangle(ring)
      const upright = shapeBounds({ kind: 'polygon', rings: [ring] })
      expect(w * h).toBeGreaterThanOrEqual(ringArea(ring) - 1e-6)
      expect(w * h).toBeLessThanOrEqual(upright.w * upright.h + 1e-6)
    }),
  )
})

describe('masks', () => {
  test('tracing and filling again gives the same pixels, for any mask', () => {
    const masks = fc.integer({ min: 1, max: 9 }).chain((width) =>
      fc.integer({ min: 1, max: 9 }).chain((height) =>
        fc
          .array(fc.constantFrom(0, 1), {
            minLength: width * height,
            maxLength: width * height,
          })
          .map((data) => ({ width, height, data: Uint8Array.from(data) })),
      ),
    )
    fc.assert(
      fc.property(masks, (mask) => {
        const regions = traceMask(mask)
        const sum = new Uint8Array(mask.data.length)
        for (const rings of regions) {
          for (const ring of rings) expect(ring.length).toBeGreaterThanOrEqual(4)
          rasterise(rings, mask.width, mask.height).data.forEach((value, index) => {
            sum[index] += value
          })
        }
        expect([...sum]).toEqual([...mask.data])
        expect([...decodeRle(encodeRle(mask), mask.width, mask.height).data]).toEqual([
          ...mask.data,
        ])
      }),
      { numRuns: 500 },
    )
  })

  test('a filled polygon with a hole has about its area in pixels', () => {
    fc.assert(
      fc.property(holedPolygonIn(400, 300), (shape) => {
        if (shape.kind !== 'polygon') return
        const { data } = rasterise(shape.rings, 400, 300)
        const filled = data.reduce((sum, value) => sum + value, 0)
        const border = shape.rings.flat().length * 200
        expect(Math.abs(filled - shapeArea(shape))).toBeLessThan(border)
      }),
    )
  })
})
