import { distance } from '#shared/geometry/point.ts'
import type { Point } from '#shared/model/annotation.ts'

/**
 * One ring that draws a polygon with holes: each hole is joined to the outline by a cut of no width at
 * the closest pair of vertices. Filled even-odd or non-zero, the holes stay empty.
 */
export function bridgeHoles(rings: readonly (readonly Point[])[]): Point[] {
  let outline = [...rings[0]]
  for (const hole of rings.slice(1)) {
    let best = { length: Number.POSITIVE_INFINITY, at: 0, from: 0 }
    outline.forEach((a, at) => {
      hole.forEach((b, from) => {
        const length = distance(a, b)
        if (length < best.length) best = { length, at, from }
      })
    })
    const turned = [...hole.slice(best.from), ...hole.slice(0, best.from), hole[best.from]]
    outline = [...outline.slice(0, best.at + 1), ...turned, ...outline.slice(best.at)]
  }
  return outline
}

const same = (a: Point, b: Point) => Math.abs(a.x - b.x) < 1e-4 && Math.abs(a.y - b.y) < 1e-4

/** Takes the cuts of `bridgeHoles` (and of other tools that cut the same way) out again. */
export function unbridgeRing(ring: readonly Point[]): Point[][] {
  for (let i = 0; i + 1 < ring.length; i++) {
    for (let j = i + 4; j + 1 < ring.length; j++) {
      // …a b … b a…: the edge a–b is walked there and back; what lies between is a hole.
      const cut = same(ring[i], ring[j + 1]) && same(ring[i + 1], ring[j])
      if (!cut) continue
      const outer = [...ring.slice(0, i + 1), ...ring.slice(j + 2)]
      const inner = ring.slice(i + 1, j)
      if (outer.length >= 3 && inner.length >= 3) {
        return [...unbridgeRing(outer), ...unbridgeRing(inner)]
      }
    }
  }
  return [[...ring]]
}
