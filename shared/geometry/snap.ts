import type { Point } from '#shared/model/annotation.ts'
import { distance } from './point.ts'
import type { Outline } from './shape-geometry.ts'

/** A place on another shape's border. */
export interface BorderPlace {
  at: Point
  outline: Outline
  /** Index of its vertex, or of the vertex where its edge begins. */
  index: number
  isVertex: boolean
}

/** The nearest point of the segment `a`–`b`. */
function nearestOn(point: Point, a: Point, b: Point): Point {
  const dx = b.x - a.x
  const dy = b.y - a.y
  const lengthSquared = dx * dx + dy * dy
  if (lengthSquared === 0) return a
  const along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / lengthSquared
  const t = Math.min(1, Math.max(0, along))
  return { x: a.x + t * dx, y: a.y + t * dy }
}

/** The nearest vertex within `radius` image pixels, else the nearest place on an edge; null if nothing is near. */
export function snapTo(
  outlines: readonly Outline[],
  point: Point,
  radius: number,
): BorderPlace | null {
  let vertex: BorderPlace | null = null
  let edge: BorderPlace | null = null
  let vertexAway = radius
  let edgeAway = radius
  for (const outline of outlines) {
    const { points, closed } = outline
    points.forEach((a, index) => {
      const away = distance(a, point)
      if (away < vertexAway) {
        vertexAway = away
        vertex = { at: a, outline, index, isVertex: true }
      }
      const b = points[index + 1] ?? (closed ? points[0] : null)
      if (!b) return
      const at = nearestOn(point, a, b)
      const edgeDistance = distance(at, point)
      if (edgeDistance < edgeAway) {
        edgeAway = edgeDistance
        edge = { at, outline, index, isVertex: false }
      }
    })
  }
  return vertex ?? edge
}

function length(points: readonly Point[]): number {
  return points.slice(1).reduce((sum, point, index) => sum + distance(points[index], point), 0)
}

/** The vertices between two places of one outline, going forward. */
function forward(from: BorderPlace, to: BorderPlace): Point[] | null {
  const { points, closed } = from.outline
  const count = points.length
  const last = to.isVertex ? to.index - 1 : to.index
  let steps = last - from.index
  if (steps < 0) {
    if (!closed) return null
    steps += count
  }
  // On the same edge with the goal behind: go all the way round.
  const behind =
    steps === 0 &&
    !to.isVertex &&
    distance(points[from.index], to.at) < distance(points[from.index], from.at)
  if (behind) {
    if (!closed) return null
    steps = count
  }
  return Array.from({ length: steps }, (_, step) => points[(from.index + 1 + step) % count])
}

/**
 * The vertices between two places of the same outline, the shorter way round, so that a new shape can share exactly
 * this border. Empty if the outlines differ.
 */
export function borderBetween(from: BorderPlace, to: BorderPlace): Point[] {
  if (from.outline.points !== to.outline.points || distance(from.at, to.at) === 0) return []
  const there = forward(from, to)
  const back = forward(to, from)?.reverse() ?? null
  const whole = (way: Point[]) => length([from.at, ...way, to.at])
  if (!there || !back) return there ?? back ?? []
  return whole(back) < whole(there) ? back : there
}
