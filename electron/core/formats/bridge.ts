import { distance } from '#shared/geometry/point.ts'
import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import type { Point } from '#shared/model/annotation.ts'

/**
 * One ring that draws several, outlines as well as holes: each is joined to those before it by a cut of no width, walked
 * there and back, at the closest pair of vertices. Filled even-odd or non-zero, holes stay empty. Ultralytics joins the
 * parts of an object in the same way (`merge_multi_segment`).
 */
export function joinRings(rings: readonly (readonly Point[])[]): Point[] {
  let outline = [...rings[0]]
  for (const ring of rings.slice(1)) {
    let best = { length: Number.POSITIVE_INFINITY, at: 0, from: 0 }
    outline.forEach((a, at) => {
      ring.forEach((b, from) => {
        const length = distance(a, b)
        if (length < best.length) best = { length, at, from }
      })
    })
    const turned = [...ring.slice(best.from), ...ring.slice(0, best.from), ring[best.from]]
    outline = [...outline.slice(0, best.at + 1), ...turned, ...outline.slice(best.at)]
  }
  return outline
}

const keyOf = ({ x, y }: Point) => `${Math.round(x * 1e3)} ${Math.round(y * 1e3)}`

/** A place where the ring walks from `at` to the next vertex, and later, at `back`, the same way back. */
function findCut(keys: readonly string[]): { at: number; back: number } | null {
  const count = keys.length
  const places = new Map<string, number[]>()
  keys.forEach((key, index) => {
    const there = places.get(key)
    if (there) there.push(index)
    else places.set(key, [index])
  })
  if (places.size === count) return null
  for (let at = 0; at + 1 < count; at++) {
    if (keys[at] === keys[at + 1]) continue
    for (const back of places.get(keys[at + 1]) ?? []) {
      // At least 3 vertices lie between; a cut to the first vertex ends where the ring does.
      if (back < at + 4 || keys[(back + 1) % count] !== keys[at]) continue
      return { at, back }
    }
  }
  return null
}

/** Takes the cuts of `joinRings`, and of other tools that cut the same way, out again. */
function separate(ring: readonly Point[]): Point[][] {
  const cut = findCut(ring.map(keyOf))
  if (!cut) return [[...ring]]
  const { at, back } = cut
  const isAtEnd = back + 1 === ring.length
  const outer = isAtEnd ? ring.slice(0, at) : [...ring.slice(0, at + 1), ...ring.slice(back + 2)]
  const inner = ring.slice(at + 1, back)
  if (outer.length < 3 || inner.length < 3) return [[...ring]]
  return [...separate(outer), ...separate(inner)]
}

/** The parts of a joined ring, each an outline with its holes. */
export function partsOfRing(ring: readonly Point[]): Point[][][] {
  return partsOfRings(separate(ring))
}

/** Rings that are filled even-odd, as parts: each an outline with its holes. */
export function partsOfRings(rings: readonly Point[][]): Point[][][] {
  if (rings.length === 1) return [[...rings]]
  const bySize = rings.toSorted((a, b) => ringArea(b) - ringArea(a))
  const parts: Point[][][] = []
  for (const one of bySize) {
    const around = parts.filter(([outline]) => ringsContain([outline], insideOf(one)))
    const owner = around.at(-1)
    // In a hole of another part lies a part again.
    if (owner?.slice(1).every((hole) => !ringsContain([hole], insideOf(one)))) owner.push(one)
    else parts.push([one])
  }
  return parts.toSorted((a, b) => rings.indexOf(a[0]) - rings.indexOf(b[0]))
}

/** A point inside a ring: beside the middle of an edge. */
function insideOf(ring: readonly Point[]): Point {
  for (let index = 0; index < ring.length; index++) {
    const [a, b] = [ring[index], ring[(index + 1) % ring.length]]
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
    for (const side of [1e-3, -1e-3]) {
      const point = { x: middle.x - (b.y - a.y) * side, y: middle.y + (b.x - a.x) * side }
      if (ringsContain([ring], point)) return point
    }
  }
  return ring[0]
}
