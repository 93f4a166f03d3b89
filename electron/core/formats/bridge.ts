import Flatbush from 'flatbush'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import type { Box, Point } from '#shared/model/annotation.ts'
import { LIMITS, requireAtMost } from './limits.ts'

/** A vertex of an outline that grows. */
interface Vertex {
  point: Point
  next: Vertex | null
}

interface Tree {
  index: Flatbush
  vertices: readonly Vertex[]
}

/**
 * Finds the nearest of many vertices, while more come. Trees of their own for the rings that came so far are merged as
 * soon as they are of a size, so that each vertex is sorted in a few times (Bentley and Saxe, 1980).
 */
class VertexIndex {
  readonly #trees: Tree[] = []

  add(vertices: readonly Vertex[]): void {
    let all = vertices
    for (let last = this.#trees.at(-1); last && last.vertices.length <= all.length; ) {
      all = [...last.vertices, ...all]
      this.#trees.pop()
      last = this.#trees.at(-1)
    }
    const index = new Flatbush(all.length)
    for (const { point } of all) index.add(point.x, point.y)
    index.finish()
    this.#trees.push({ index, vertices: all })
  }

  /** The nearest vertex that is nearer than `limit`; null: there is none. */
  nearest({ x, y }: Point, limit: number): { vertex: Vertex; length: number } | null {
    let best: { vertex: Vertex; length: number } | null = null
    for (const { index, vertices } of this.#trees) {
      const within = best?.length ?? limit
      const [found] = index.neighbors(x, y, 1, within)
      if (found === undefined) continue
      const length = distance({ x, y }, vertices[found].point)
      if (length < within) best = { vertex: vertices[found], length }
    }
    return best
  }
}

/**
 * One ring that draws several, outlines as well as holes: each is joined to those before it by a cut of no width, walked
 * there and back, at the closest pair of vertices. Filled even-odd or non-zero, holes stay empty. Ultralytics joins the
 * parts of an object in the same way (`merge_multi_segment`).
 */
export function joinRings(rings: readonly (readonly Point[])[]): Point[] {
  const index = new VertexIndex()
  const outside = rings[0].map((point): Vertex => ({ point, next: null }))
  for (const [at, vertex] of outside.entries()) vertex.next = outside[at + 1] ?? null
  if (outside.length > 0) index.add(outside)
  for (const ring of rings.slice(1)) {
    let best: { vertex: Vertex; length: number; from: number } | null = null
    for (const [from, point] of ring.entries()) {
      const found = index.nearest(point, best?.length ?? Number.POSITIVE_INFINITY)
      if (found) best = { ...found, from }
    }
    if (!best) continue
    const { vertex, from } = best
    const after = vertex.next
    const added = [...ring.slice(from), ...ring.slice(0, from), ring[from], vertex.point].map(
      (point): Vertex => ({ point, next: null }),
    )
    vertex.next = added[0]
    for (const [at, one] of added.entries()) one.next = added[at + 1] ?? after
    index.add(added)
  }
  const outline: Point[] = []
  for (let vertex: Vertex | null = outside[0] ?? null; vertex; vertex = vertex.next)
    outline.push(vertex.point)
  return outline
}

const keyOf = ({ x, y }: Point) => `${Math.round(x * 1e3)} ${Math.round(y * 1e3)}`

/** The first of ascending numbers that is at least `least`. */
function firstFrom(numbers: readonly number[], least: number): number | null {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle] < least) low = middle + 1
    else high = middle
  }
  return numbers[low] ?? null
}

/** Where each edge begins, by the keys of its two vertices; later ones last. */
function edgesOf(keys: readonly string[]): (from: string, to: string) => readonly number[] {
  const edges = new Map<string, number[]>()
  keys.forEach((key, index) => {
    const name = `${key}>${keys[(index + 1) % keys.length]}`
    const there = edges.get(name)
    if (there) there.push(index)
    else edges.set(name, [index])
  })
  return (from, to) => edges.get(`${from}>${to}`) ?? []
}

/**
 * Takes the cuts of `joinRings`, and of other tools that cut the same way, out again: a cut is an edge that is walked
 * there and, at least 3 vertices later, back. What is between is a ring of its own, with cuts of its own. Throws a
 * FormatError.
 */
function separate(ring: readonly Point[]): Point[][] {
  const keys = ring.map(keyOf)
  if (new Set(keys).size === keys.length) return [[...ring]]
  const edges = edgesOf(keys)
  const parts: Point[][] = []
  const open = [{ from: 0, to: ring.length - 1 }]
  for (let range = open.pop(); range; range = open.pop()) {
    const { from, to } = range
    const outer: Point[] = []
    let vertex = ring[from]
    for (let at = from; at <= to; ) {
      const [here, next] = [keys[at], keys[at + 1]]
      // The last edge of a part leads to its first vertex; it was looked at from there.
      const back = at < to && here !== next ? firstFrom(edges(next, here), at + 4) : null
      const isAtEnd = back === to
      const left = back === null ? 0 : outer.length + (isAtEnd ? 0 : to - back)
      if (back !== null && back <= to && left >= 3) {
        open.push({ from: at + 1, to: back - 1 })
        requireAtMost(parts.length + open.length, LIMITS.parts, 'parts', 'the outline')
        // The vertex after the way back is the one before the way there.
        if (isAtEnd) break
        at = back + 1
      } else {
        outer.push(vertex)
        at++
        vertex = ring[at]
      }
    }
    parts.push(outer)
  }
  return parts
}

/** The parts of a joined ring, each an outline with its holes. */
export function partsOfRing(ring: readonly Point[]): Point[][][] {
  return partsOfRings(separate(ring))
}

/** Rings that are filled even-odd, as parts: each an outline with its holes. */
export function partsOfRings(rings: readonly Point[][]): Point[][][] {
  if (rings.length === 1) return [[...rings]]
  const order = new Map(rings.map((one, index) => [one, index]))
  const bySize = rings
    .map((one) => ({ ring: one, area: ringArea(one), box: boundsOfPoints(one) }))
    .sort((a, b) => b.area - a.area)
  const parts: { rings: Point[][]; box: Box }[] = []
  for (const { ring: one, box } of bySize) {
    const inside = insideOf(one)
    const isAround = (rings: Point[], bounds: Box) =>
      boxContains(bounds, inside) && ringsContain([rings], inside)
    const owner = parts.findLast((part) => isAround(part.rings[0], part.box))
    // In a hole of another part lies a part again.
    const isSolid = owner?.rings.slice(1).every((hole) => !ringsContain([hole], inside))
    if (owner && isSolid) owner.rings.push(one)
    else parts.push({ rings: [one], box })
  }
  const numberOf = ([outline]: Point[][]) => order.get(outline) ?? 0
  return parts.map((part) => part.rings).sort((a, b) => numberOf(a) - numberOf(b))
}

const boxContains = ({ x, y, w, h }: Box, point: Point): boolean =>
  point.x >= x && point.y >= y && point.x <= x + w && point.y <= y + h

/** A point inside a ring: beside the middle of an edge. */
function insideOf(ring: readonly Point[]): Point {
  // Edges without a length have no side; more than a few of them are no ring.
  for (let index = 0; index < Math.min(ring.length, 100); index++) {
    const [a, b] = [ring[index], ring[(index + 1) % ring.length]]
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
    for (const side of [1e-3, -1e-3]) {
      const point = { x: middle.x - (b.y - a.y) * side, y: middle.y + (b.x - a.x) * side }
      if (ringsContain([ring], point)) return point
    }
  }
  return ring[0]
}
