import {
  Clipper64,
  ClipType,
  FillRule,
  type Paths64,
  PathType,
  type PolyPath64,
  PolyTree64,
} from 'clipper2-ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { boundsOfPoints } from './box.ts'
import { distanceToSegment } from './point.ts'
import { ringArea } from './ring.ts'

type Rings = readonly (readonly Point[])[]

/**
 * Clipper computes with whole numbers: new vertices lie on a grid of this many steps per pixel. Products of coordinates
 * of the largest image stay exact.
 */
const STEPS = 1024

/** Smaller regions are rounding errors. Square pixels. */
const DUST = 1e-3

/** Rings in Clipper's grid. Remembers the vertices, so that the result contains the original ones and not their rounded places. */
class Grid {
  readonly #vertices = new Map<number, Map<number, Point>>()

  paths(rings: Rings): Paths64 {
    return rings.map((ring) =>
      ring.map((point) => {
        const [x, y] = [Math.round(point.x * STEPS), Math.round(point.y * STEPS)]
        const column = this.#vertices.get(x)
        if (!column) this.#vertices.set(x, new Map([[y, point]]))
        else if (!column.has(y)) column.set(y, point)
        return { x, y }
      }),
    )
  }

  ring(path: PolyPath64): Point[] {
    return (path.poly ?? []).map(
      ({ x, y }) => this.#vertices.get(x)?.get(y) ?? { x: x / STEPS, y: y / STEPS },
    )
  }
}

const isRing = (ring: readonly Point[]) => ring.length >= 3 && ringArea(ring) > DUST

const childrenOf = (path: PolyPath64): PolyPath64[] =>
  Array.from({ length: path.count }, (_, index) => path.child(index))

/** The regions of a tree of rings: each outer ring with its holes; regions inside holes are polygons of their own. */
function polygonsOf(tree: PolyPath64, grid: Grid): PolygonShape[] {
  return childrenOf(tree).flatMap((outside) => {
    const holes = childrenOf(outside)
    const inner = holes.flatMap((hole) => polygonsOf(hole, grid))
    const ring = grid.ring(outside)
    if (!isRing(ring)) return inner
    const rings = [ring, ...holes.map((hole) => grid.ring(hole)).filter(isRing)]
    return [{ kind: 'polygon' as const, rings }, ...inner]
  })
}

function execute(type: ClipType, subject: Rings, clip: Rings): PolygonShape[] {
  const grid = new Grid()
  const clipper = new Clipper64()
  const tree = new PolyTree64()
  clipper.addPaths(grid.paths(subject), PathType.Subject)
  clipper.addPaths(grid.paths(clip), PathType.Clip)
  clipper.execute(type, FillRule.EvenOdd, tree)
  return polygonsOf(tree, grid)
}

/** The rings of polygons that do not overlap. */
const ringsOf = (shapes: readonly PolygonShape[]): Rings => shapes.flatMap(({ rings }) => rings)

/** Combines polygons one after another, because the even-odd rule would cut out what several of them share. */
function combine(type: ClipType, shapes: readonly PolygonShape[]): PolygonShape[] {
  const [first, ...others] = shapes
  if (!first) return []
  return others.reduce(
    (result, { rings }) => execute(type, ringsOf(result), rings),
    evenOddPolygons(first.rings),
  )
}

/** The area inside an odd number of rings, as polygons that do not cross themselves. */
export function evenOddPolygons(rings: Rings): PolygonShape[] {
  return execute(ClipType.Union, rings, [])
}

/** The union of the polygons; regions that touch are merged. Image pixels. */
export function unionPolygons(shapes: readonly PolygonShape[]): PolygonShape[] {
  return combine(ClipType.Union, shapes)
}

/** The part of `shape` outside the others: none, one or several regions. */
export function subtractPolygons(
  shape: PolygonShape,
  others: readonly PolygonShape[],
): PolygonShape[] {
  return execute(ClipType.Difference, shape.rings, ringsOf(unionPolygons(others)))
}

/** The intersection of the polygons. */
export function intersectPolygons(shapes: readonly PolygonShape[]): PolygonShape[] {
  return combine(ClipType.Intersection, shapes)
}

/** The regions on both sides of the line through `a` and `b`. */
export function slicePolygon(shape: PolygonShape, a: Point, b: Point): PolygonShape[] {
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  if (length === 0) return [shape]
  const ux = (b.x - a.x) / length
  const uy = (b.y - a.y) / length
  // Half planes as quadrangles that reach beyond the shape.
  const { x, y, w, h } = boundsOfPoints([...shape.rings[0], a, b])
  const far = 2 * (w + h) + Math.hypot(x - a.x, y - a.y)
  const side = (sign: number): PolygonShape => ({
    kind: 'polygon',
    rings: [
      [
        { x: a.x - ux * far, y: a.y - uy * far },
        { x: a.x + ux * far, y: a.y + uy * far },
        { x: a.x + ux * far - sign * uy * far, y: a.y + uy * far + sign * ux * far },
        { x: a.x - ux * far - sign * uy * far, y: a.y - uy * far + sign * ux * far },
      ],
    ],
  })
  return [intersectPolygons([shape, side(1)]), intersectPolygons([shape, side(-1)])].flat()
}

/** Removes vertices within `tolerance` image pixels of a straight line (Douglas and Peucker, 1973). */
export function simplifyPath(points: readonly Point[], tolerance: number): Point[] {
  if (points.length < 3) return [...points]
  const first = points[0]
  const last = points[points.length - 1]
  let farthest = 0
  let index = 0
  for (let i = 1; i < points.length - 1; i++) {
    const away = distanceToSegment(points[i], first, last)
    if (away > farthest) {
      farthest = away
      index = i
    }
  }
  if (farthest <= tolerance) return [first, last]
  const before = simplifyPath(points.slice(0, index + 1), tolerance)
  return [...before.slice(0, -1), ...simplifyPath(points.slice(index), tolerance)]
}

/** The same for a ring; keeps at least 3 vertices that are not on one line. */
export function simplifyRing(ring: readonly Point[], tolerance: number): Point[] {
  // Cut at the vertex farthest from the first, so that both halves have meaningful ends.
  let index = 0
  let farthest = -1
  ring.forEach(({ x, y }, i) => {
    const away = Math.hypot(x - ring[0].x, y - ring[0].y)
    if (away > farthest) {
      farthest = away
      index = i
    }
  })
  const there = simplifyPath(ring.slice(0, index + 1), tolerance)
  const back = simplifyPath([...ring.slice(index), ring[0]], tolerance)
  const simple = [...there.slice(0, -1), ...back.slice(0, -1)]
  return simple.length >= 3 ? simple : [...ring]
}

/** Cuts corners at a quarter of each side (Chaikin, 1974): rounder, with twice the vertices. */
export function smoothRing(ring: readonly Point[]): Point[] {
  return ring.flatMap((a, index) => {
    const b = ring[(index + 1) % ring.length]
    return [
      { x: a.x * 0.75 + b.x * 0.25, y: a.y * 0.75 + b.y * 0.25 },
      { x: a.x * 0.25 + b.x * 0.75, y: a.y * 0.25 + b.y * 0.75 },
    ]
  })
}
