import fc from 'fast-check'
import { expect, test } from 'vitest'
import { distance } from '#shared/geometry/point.ts'
import type { Point } from '#shared/model/annotation.ts'
import { joinRings, partsOfRing } from './bridge.ts'

const square = (x: number, y: number, side: number): Point[] => [
  { x, y },
  { x: x + side, y },
  { x: x + side, y: y + side },
  { x, y: y + side },
]

test('each ring is joined at the closest pair of vertices', () => {
  const number = fc.integer({ min: -300, max: 300 }).map((value) => value / 4)
  const point = fc.record({ x: number, y: number })
  const ring = fc.array(point, { minLength: 3, maxLength: 12 })
  fc.assert(
    fc.property(ring, ring, (first, second) => {
      const joined = joinRings([first, second])
      expect(joined).toHaveLength(first.length + second.length + 2)
      const at = joined.findIndex(
        (_, index) => joined[index + 1] === second.find((p) => p === joined[index + 1]),
      )
      const cut = distance(joined[at], joined[at + 1])
      const pairs = first.flatMap((a) => second.map((b) => distance(a, b)))
      expect(cut).toBeCloseTo(Math.min(...pairs), 9)
    }),
  )
})

test('many parts are joined in about linear time, and taken apart again', () => {
  const parts = (count: number) =>
    Array.from({ length: count }, (_, n) => square((n % 40) * 10, Math.floor(n / 40) * 10, 4))
  expect(partsOfRing(joinRings(parts(400)))).toHaveLength(400)
  // Comparing each vertex with each takes 20 s.
  const start = performance.now()
  joinRings(parts(8_000))
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('a hole far from the border is joined as fast as one near it', () => {
  const circle = (count: number, radius: number): Point[] =>
    Array.from({ length: count }, (_, n) => {
      const angle = (n / count) * 2 * Math.PI
      return { x: 1_000 + radius * Math.cos(angle), y: 1_000 + radius * Math.sin(angle) }
    })
  // Going over all that lies between takes 9 s.
  const start = performance.now()
  const joined = joinRings([circle(5_000, 1_000), circle(5_000, 500)])
  expect(performance.now() - start).toBeLessThan(3_000)
  expect(joined).toHaveLength(10_002)
})
