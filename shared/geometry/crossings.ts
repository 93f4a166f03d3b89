import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { distance } from './point.ts'
import { evenOddPolygons } from './polygon-ops.ts'

interface Edge {
  a: Point
  b: Point
  /** The vertex after `b`. */
  next: Point
  ring: number
  index: number
  /** Number of edges of its ring. */
  count: number
  left: number
  right: number
}

interface Crossing {
  at: Point
  edges: [Edge, Edge]
}

function edgesOf(rings: readonly (readonly Point[])[]): Edge[] {
  return rings.flatMap((points, ring) =>
    points.map((a, index): Edge => {
      const b = points[(index + 1) % points.length]
      const next = points[(index + 2) % points.length]
      const [left, right] = a.x < b.x ? [a.x, b.x] : [b.x, a.x]
      return { a, b, next, ring, index, count: points.length, left, right }
    }),
  )
}

function areNeighbours(one: Edge, other: Edge): boolean {
  if (one.ring !== other.ring) return false
  const apart = Math.abs(one.index - other.index)
  return apart <= 1 || apart === one.count - 1
}

const turn = (p: Point, q: Point, r: Point) => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)

/** Where two edges cross in their interiors, or where the path crosses the other edge at the end vertex of `one`. */
function crossing(one: Edge, other: Edge): Point | null {
  const [r, s] = [other.a, other.b]
  const from = turn(r, s, one.a)
  const to = turn(r, s, one.b)
  const across = turn(one.a, one.b, r) * turn(one.a, one.b, s) < 0
  if (from * to < 0 && across) {
    const t = from / (from - to)
    return { x: one.a.x + t * (one.b.x - one.a.x), y: one.a.y + t * (one.b.y - one.a.y) }
  }
  // The vertex lies on the other edge, between its ends, and the path continues on its other side.
  const isOn = to === 0 && (one.b.x - r.x) * (one.b.x - s.x) + (one.b.y - r.y) * (one.b.y - s.y) < 0
  return isOn && from * turn(r, s, one.next) < 0 ? one.b : null
}

/** Sweeps edges by their left ends. */
function crossingsOf(rings: readonly (readonly Point[])[]): Crossing[] {
  const edges = edgesOf(rings).sort((one, other) => one.left - other.left)
  const found: Crossing[] = []
  let open: Edge[] = []
  for (const edge of edges) {
    open = open.filter(({ right }) => right >= edge.left)
    for (const other of open) {
      if (areNeighbours(edge, other)) continue
      const at = crossing(edge, other) ?? crossing(other, edge)
      if (at) found.push({ at, edges: [edge, other] })
    }
    open.push(edge)
  }
  return found
}

const known = new WeakMap<PolygonShape, readonly Point[]>()

/** Where a polygon's outlines cross themselves or each other, in image pixels. */
export function selfCrossings(shape: PolygonShape): readonly Point[] {
  const before = known.get(shape)
  if (before) return before
  const found = crossingsOf(shape.rings).map(({ at }) => at)
  known.set(shape, found)
  return found
}

/** Splits a ring into loops that do not cross themselves: a loop ends wherever the ring returns to a point. */
function loopsOf(ring: readonly Point[]): Point[][] {
  const on = new Map<number, Point[]>()
  for (const { at, edges } of crossingsOf([ring]))
    for (const { index } of edges) on.set(index, [...(on.get(index) ?? []), at])
  const walk = ring.flatMap((point, index) => {
    const along = (on.get(index) ?? []).toSorted((a, b) => distance(point, a) - distance(point, b))
    return [point, ...along]
  })
  const loops: Point[][] = []
  let path: Point[] = []
  for (const point of walk) {
    const start = path.findIndex(({ x, y }) => x === point.x && y === point.y)
    if (start >= 0) {
      loops.push(path.slice(start))
      path = path.slice(0, start)
    }
    path.push(point)
  }
  return [...loops, path].filter((loop) => loop.length >= 3)
}

/**
 * The same area (even-odd: what lies in an even number of loops is outside) as polygons that do not cross themselves;
 * empty if nothing is left.
 */
export function repairPolygon(shape: PolygonShape): PolygonShape[] {
  return evenOddPolygons(shape.rings.flatMap(loopsOf))
}
