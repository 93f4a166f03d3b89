import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { distance } from './point.ts'
import { ringArea } from './ring.ts'

/**
 * Cuts a ring along the chord between two vertices, which both parts keep. Null if the two are neighbours, because
 * one part would have no area, or if the chord leaves the ring.
 */
export function splitRing(
  ring: readonly Point[],
  first: number,
  second: number,
): [Point[], Point[]] | null {
  const [from, to] = first < second ? [first, second] : [second, first]
  if (to >= ring.length || to - from < 2 || ring.length - (to - from) < 2) return null
  const parts: [Point[], Point[]] = [
    ring.slice(from, to + 1),
    [...ring.slice(to), ...ring.slice(0, from + 1)],
  ]
  // A chord that leaves or crosses the ring would increase the total area.
  const whole = ringArea(ring)
  const sum = ringArea(parts[0]) + ringArea(parts[1])
  return sum <= whole * (1 + 1e-9) ? parts : null
}

/** Cuts a path at an inner vertex, which both parts keep; null at an end. */
export function splitPath(path: readonly Point[], index: number): [Point[], Point[]] | null {
  if (index <= 0 || index >= path.length - 1) return null
  return [path.slice(0, index + 1), path.slice(index)]
}

/** Joins two paths where their ends are nearest; ends at the same place become one point. */
export function joinPaths(a: readonly Point[], b: readonly Point[]): Point[] {
  const ways = [
    [a, b],
    [a, b.toReversed()],
    [a.toReversed(), b],
    [a.toReversed(), b.toReversed()],
  ] as const
  const gap = ([before, after]: (typeof ways)[number]) =>
    distance(before[before.length - 1], after[0])
  const [before, after] = ways.reduce((best, way) => (gap(way) < gap(best) ? way : best))
  return gap([before, after]) === 0 ? [...before, ...after.slice(1)] : [...before, ...after]
}

/** The holes of a polygon as separate polygons. */
export function holesOf({ rings }: PolygonShape): PolygonShape[] {
  return rings.slice(1).map((ring) => ({ kind: 'polygon', rings: [ring] }))
}
