import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { ringIn } from '#tests/helpers/arbitraries.ts'
import { repairPolygon, selfCrossings } from './crossings.ts'
import { holesOf, joinPaths, splitPath, splitRing } from './path-ops.ts'
import { distance, distanceToPath } from './point.ts'
import { ringArea, ringsContain } from './ring.ts'
import { shapeArea } from './shape.ts'
import { type BorderPlace, borderBetween, snapTo } from './snap.ts'

const ring = ringIn(400, 300)
const point = fc.record({
  x: fc.integer({ min: 0, max: 400 }),
  y: fc.integer({ min: 0, max: 300 }),
})
const polygon = (...rings: Point[][]): PolygonShape => ({ kind: 'polygon', rings })

describe('crossings', () => {
  test('a star-shaped ring has none', () => {
    fc.assert(
      fc.property(ring, (points) => {
        expect(selfCrossings(polygon(points))).toEqual([])
      }),
    )
  })

  test('finds the same crossings as comparing all edges', () => {
    // Points of which no three are on one line, so that there are only proper crossings.
    const scattered = fc.record({
      x: fc.integer({ min: 0, max: 1_000_003 }),
      y: fc.integer({ min: 0, max: 1_000_033 }),
    })
    fc.assert(
      fc.property(fc.array(scattered, { minLength: 3, maxLength: 12 }), (points) => {
        const count = points.length
        let expected = 0
        const turn = (p: Point, q: Point, r: Point) =>
          (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
        let isGeneral = true
        for (let i = 0; i < count; i++) {
          for (let j = 0; j < count; j++) {
            const [a, b, c, d] = [i, i + 1, j, j + 1].map((at) => points[at % count])
            if (j !== i && j !== (i + 1) % count) isGeneral &&= turn(a, b, c) !== 0
            const areNeighbours = Math.abs(i - j) <= 1 || Math.abs(i - j) === count - 1
            if (j < i || areNeighbours) continue
            if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) expected++
          }
        }
        fc.pre(isGeneral)
        expect(selfCrossings(polygon(points))).toHaveLength(expected)
      }),
    )
  })

  test('a crossing at a vertex counts, a touch does not', () => {
    const at = (...places: [number, number][]) => polygon(places.map(([x, y]) => ({ x, y })))
    expect(selfCrossings(at([0, 0], [4, 4], [4, 0], [2, 2], [0, 4]))).toEqual([{ x: 2, y: 2 }])
    expect(selfCrossings(at([0, 0], [4, 0], [4, 4], [2, 0], [0, 4]))).toEqual([])
  })

  test('a repaired polygon covers the same pixels without crossing itself', () => {
    const place = fc.record({
      x: fc.integer({ min: 0, max: 60 }),
      y: fc.integer({ min: 0, max: 60 }),
    })
    fc.assert(
      fc.property(fc.array(place, { minLength: 3, maxLength: 9 }), (points) => {
        const before = polygon(points)
        const repaired = repairPolygon(before)
        for (const shape of repaired) expect(selfCrossings(shape)).toEqual([])
        // Odd fractions of a pixel, away from borders on whole pixels.
        for (let x = 0.37; x < 60; x += 7.13) {
          for (let y = 0.41; y < 60; y += 6.77) {
            const near = distanceToPath({ x, y }, points, true) < 0.01
            if (near) continue
            const covered = repaired.some(({ rings }) => ringsContain(rings, { x, y }))
            expect(covered).toBe(ringsContain(before.rings, { x, y }))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a repaired bow tie is two triangles with its area', () => {
    const bow = polygon([
      { x: 0, y: 0 },
      { x: 100, y: 100 },
      { x: 100, y: 0 },
      { x: 0, y: 100 },
    ])
    expect(selfCrossings(bow)).toEqual([{ x: 50, y: 50 }])
    const repaired = repairPolygon(bow)
    expect(repaired).toHaveLength(2)
    for (const shape of repaired) {
      expect(selfCrossings(shape)).toEqual([])
      expect(shapeArea(shape)).toBeCloseTo(2_500, 6)
    }
  })
})

describe('paths', () => {
  test('the parts of a split ring add up, and share the chord', () => {
    fc.assert(
      fc.property(ring, fc.nat(), fc.nat(), (points, a, b) => {
        const [first, second] = [a % points.length, b % points.length]
        const parts = splitRing(points, first, second)
        expect(splitRing(points, first, points.length)).toBeNull()
        const apart = Math.abs(first - second)
        if (apart < 2 || points.length - apart < 2) expect(parts).toBeNull()
        if (!parts) return
        expect(ringArea(parts[0]) + ringArea(parts[1])).toBeCloseTo(ringArea(points), 6)
        for (const part of parts) {
          expect(part).toContain(points[first])
          expect(part).toContain(points[second])
          expect(part.length).toBeGreaterThanOrEqual(3)
        }
        expect(parts.flat()).toHaveLength(points.length + 2)
      }),
    )
  })

  test('a chord outside a hollow ring is refused', () => {
    const u = [
      [0, 0],
      [10, 0],
      [10, 10],
      [8, 10],
      [8, 2],
      [2, 2],
      [2, 10],
      [0, 10],
    ].map(([x, y]) => ({ x, y }))
    expect(splitRing(u, 3, 6)).toBeNull()
    expect(splitRing(u, 0, 5)?.map(ringArea)).toEqual([34, 18])
  })

  test('a split path joins to itself again', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(point, { minLength: 3, maxLength: 9, selector: ({ x, y }) => `${x} ${y}` }),
        fc.nat(),
        fc.boolean(),
        (points, at, turned) => {
          const parts = splitPath(points, at % points.length)
          if (!parts) {
            expect([0, points.length - 1]).toContain(at % points.length)
            return
          }
          const [before, after] = parts
          const joined = joinPaths(before, turned ? after.toReversed() : after)
          expect([joined, joined.toReversed()]).toContainEqual(points)
        },
      ),
    )
  })

  test('holes are extracted unchanged', () => {
    const hole = [
      { x: 1, y: 1 },
      { x: 2, y: 1 },
      { x: 2, y: 2 },
    ]
    expect(
      holesOf(
        polygon(
          [
            { x: 0, y: 0 },
            { x: 9, y: 0 },
            { x: 9, y: 9 },
          ],
          hole,
        ),
      ),
    ).toEqual([polygon(hole)])
  })
})

describe('snapping', () => {
  test('snaps a point to the nearest vertex, else to an edge, else not at all', () => {
    fc.assert(
      fc.property(ring, point, fc.integer({ min: 1, max: 60 }), (points, at, radius) => {
        const place = snapTo([{ points, closed: true }], at, radius)
        const nearest = Math.min(...points.map((vertex) => distance(vertex, at)))
        if (nearest < radius) {
          expect(place?.isVertex).toBe(true)
          expect(distance(place?.at ?? at, at)).toBe(nearest)
        } else if (place) {
          expect(place.isVertex).toBe(false)
          expect(distance(place.at, at)).toBeLessThan(radius)
          const next = points[(place.index + 1) % points.length]
          const edge = distance(points[place.index], next)
          const along = distance(points[place.index], place.at) + distance(place.at, next)
          expect(along).toBeCloseTo(edge, 6)
        }
      }),
    )
  })

  test('the border between two vertices is the shorter way, without its ends', () => {
    fc.assert(
      fc.property(ring, fc.nat(), fc.nat(), (points, a, b) => {
        const place = (index: number): BorderPlace => ({
          at: points[index],
          outline: { points, closed: true },
          index,
          isVertex: true,
        })
        const [from, to] = [a % points.length, b % points.length]
        const way = borderBetween(place(from), place(to))
        if (from === to) {
          expect(way).toEqual([])
          return
        }
        const other = points.length - 2 - way.length
        expect(other).toBeGreaterThanOrEqual(0)
        const whole = [points[from], ...way, points[to]]
        const walked = whole.slice(1).reduce((sum, p, i) => sum + distance(whole[i], p), 0)
        const around = points.reduce(
          (sum, p, i) => sum + distance(p, points[(i + 1) % points.length]),
          0,
        )
        expect(walked).toBeLessThanOrEqual(around / 2 + 1e-6)
        expect(ringArea(points)).toBeGreaterThan(0)
      }),
    )
  })

  test('there is no border between two places on one edge, or on different outlines', () => {
    const square = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 100 },
      { x: 0, y: 100 },
    ]
    const outline = { points: square, closed: true }
    const on = (x: number, y: number, index: number, isVertex = false): BorderPlace => ({
      at: { x, y },
      outline,
      index,
      isVertex,
    })
    expect(borderBetween(on(20, 0, 0), on(80, 0, 0))).toEqual([])
    expect(borderBetween(on(80, 0, 0), on(20, 0, 0))).toEqual([])
    expect(borderBetween(on(80, 0, 0), on(100, 30, 1))).toEqual([square[1]])
    expect(borderBetween(on(100, 30, 1), on(80, 0, 0))).toEqual([square[1]])
    expect(borderBetween(on(20, 0, 0), on(0, 0, 0, true))).toEqual([])
    const other = { ...on(0, 0, 0, true), outline: { points: [...square], closed: true } }
    expect(borderBetween(on(80, 0, 0), other)).toEqual([])
  })
})
