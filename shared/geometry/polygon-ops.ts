import { difference, intersection, setPrecision, union } from 'polyclip-ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { distanceToSegment } from './point.ts'
import { ringArea } from './ring.ts'

// Points closer than this are the same, in pixels. With its maximum precision, polyclip leaves some rings open when
// sides of two polygons almost coincide.
setPrecision(1e-9)

type Rings = readonly (readonly Point[])[]
/** Polyclip's form: closed rings of pairs. */
export type ClipPolygon = [number, number][][]

/** Smaller regions are rounding errors. Square pixels. */
const DUST = 1e-3

export function toClip(rings: Rings): ClipPolygon {
  return rings.map((ring) => ring.map(({ x, y }): [number, number] => [x, y]))
}

export function fromClip(regions: readonly ClipPolygon[]): PolygonShape[] {
  return regions
    .map((rings) =>
      rings
        .map((ring) => ring.slice(0, -1).map(([x, y]) => ({ x, y })))
        .filter((ring) => ring.length >= 3 && ringArea(ring) > DUST),
    )
    .filter((rings) => rings.length > 0)
    .map((rings) => ({ kind: 'polygon', rings }))
}

/** The union of the polygons; regions that touch are merged. Image pixels. */
export function unionPolygons(shapes: readonly PolygonShape[]): PolygonShape[] {
  const [first, ...others] = shapes.map(({ rings }) => toClip(rings))
  return first ? fromClip(union(first, ...others) as ClipPolygon[]) : []
}

/** The part of `shape` outside the others: none, one or several regions. */
export function subtractPolygons(
  shape: PolygonShape,
  others: readonly PolygonShape[],
): PolygonShape[] {
  const clips = others.map(({ rings }) => toClip(rings))
  return fromClip(difference(toClip(shape.rings), ...clips) as ClipPolygon[])
}

/** The intersection of the polygons. */
export function intersectPolygons(shapes: readonly PolygonShape[]): PolygonShape[] {
  const [first, ...others] = shapes.map(({ rings }) => toClip(rings))
  return first ? fromClip(intersection(first, ...others) as ClipPolygon[]) : []
}

/** The regions on both sides of the line through `a` and `b`. */
export function slicePolygon(shape: PolygonShape, a: Point, b: Point): PolygonShape[] {
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  if (length === 0) return [shape]
  const ux = (b.x - a.x) / length
  const uy = (b.y - a.y) / length
  // Half planes as quadrangles beyond everything that can be drawn.
  const far = 1e6
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
