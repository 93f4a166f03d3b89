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

/** Finds the nearest of many vertices, by squares of a grid. */
class VertexGrid {
  readonly #side: number
  readonly #squares = new Map<string, Vertex[]>()
  /** Squares that hold vertices: columns and rows. */
  #bounds: { left: number; top: number; right: number; bottom: number } | null = null

  constructor(rings: readonly (readonly Point[])[]) {
    const count = rings.reduce((sum, ring) => sum + ring.length, 0)
    let [left, top, right, bottom] = [1, 1, -1, -1].map((sign) => sign * Number.POSITIVE_INFINITY)
    for (const ring of rings)
      for (const { x, y } of ring) {
        left = Math.min(left, x)
        right = Math.max(right, x)
        top = Math.min(top, y)
        bottom = Math.max(bottom, y)
      }
    // About one vertex a square, however long and thin the outline is.
    const extent = Math.max(right - left, bottom - top, 1e-9)
    this.#side = Math.max(Math.sqrt(((right - left) * (bottom - top)) / count), extent / count)
  }

  #square({ x, y }: Point): { column: number; row: number } {
    return { column: Math.floor(x / this.#side), row: Math.floor(y / this.#side) }
  }

  add(vertex: Vertex): void {
    const { column, row } = this.#square(vertex.point)
    const key = `${column} ${row}`
    const there = this.#squares.get(key)
    if (there) there.push(vertex)
    else this.#squares.set(key, [vertex])
    const { left, top, right, bottom } = this.#bounds ?? {
      ...{ left: column, top: row, right: column, bottom: row },
    }
    this.#bounds = {
      left: Math.min(left, column),
      top: Math.min(top, row),
      right: Math.max(right, column),
      bottom: Math.max(bottom, row),
    }
  }

  /** The nearest vertex that is nearer than `limit`; null: there is none. */
  nearest(point: Point, limit: number): { vertex: Vertex; length: number } | null {
    const bounds = this.#bounds
    if (!bounds) return null
    const { column, row } = this.#square(point)
    let best: { vertex: Vertex; length: number } | null = null
    const far = Math.max(
      Math.abs(column - bounds.left),
      Math.abs(column - bounds.right),
      Math.abs(row - bounds.top),
      Math.abs(row - bounds.bottom),
    )
    const near = Math.max(
      0,
      bounds.left - column,
      column - bounds.right,
      bounds.top - row,
      row - bounds.bottom,
    )
    for (let away = near; away <= far; away++) {
      if ((away - 1) * this.#side > (best?.length ?? limit)) break
      for (const vertex of this.#around(column, row, away)) {
        const length = distance(point, vertex.point)
        if (length < (best?.length ?? limit)) best = { vertex, length }
      }
    }
    return best
  }

  /** Vertices in the squares that are `away` squares from one. Squares outside the bounds are empty. */
  *#around(column: number, row: number, away: number): Generator<Vertex> {
    if (!this.#bounds) return
    const { left, top, right, bottom } = this.#bounds
    const [from, to] = [Math.max(left, column - away), Math.min(right, column + away)]
    const last = Math.min(bottom, row + away)
    for (let y = Math.max(top, row - away); y <= last; y++) {
      if (Math.abs(y - row) === away)
        for (let x = from; x <= to; x++) yield* this.#squares.get(`${x} ${y}`) ?? []
      else
        for (const x of [column - away, column + away]) yield* this.#squares.get(`${x} ${y}`) ?? []
    }
  }
}

/**
 * One ring that draws several, outlines as well as holes: each is joined to those before it by a cut of no width, walked
 * there and back, at the closest pair of vertices. Filled even-odd or non-zero, holes stay empty. Ultralytics joins the
 * parts of an object in the same way (`merge_multi_segment`).
 */
export function joinRings(rings: readonly (readonly Point[])[]): Point[] {
  const grid = new VertexGrid(rings)
  let first: Vertex | null = null
  let last: Vertex | null = null
  for (const point of rings[0]) {
    const vertex: Vertex = { point, next: null }
    if (last) last.next = vertex
    else first = vertex
    last = vertex
    grid.add(vertex)
  }
  for (const ring of rings.slice(1)) {
    let best: { vertex: Vertex; length: number; from: number } | null = null
    for (const [from, point] of ring.entries()) {
      const found = grid.nearest(point, best?.length ?? Number.POSITIVE_INFINITY)
      if (found) best = { ...found, from }
    }
    if (!best) continue
    const { vertex, from } = best
    const after = vertex.next
    let at = vertex
    for (const point of [...ring.slice(from), ...ring.slice(0, from), ring[from], vertex.point]) {
      at.next = { point, next: null }
      at = at.next
      grid.add(at)
    }
    at.next = after
  }
  const outline: Point[] = []
  for (let vertex = first; vertex; vertex = vertex.next) outline.push(vertex.point)
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
