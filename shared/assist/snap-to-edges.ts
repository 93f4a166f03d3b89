import { selfCrossings } from '#shared/geometry/crossings.ts'
import { distance, rotatePoint } from '#shared/geometry/point.ts'
import { simplifyRing } from '#shared/geometry/polygon-ops.ts'
import { signedRingArea } from '#shared/geometry/ring.ts'
import type { Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import type { EdgeMap } from './edge-map.ts'
import { ringTolerance } from './mask-to-polygon.ts'

/** Places along a border at which its edge is looked for, at most. */
const MOST_SAMPLES = 800
/** Steps to each side. */
const STEPS = 16
/** What is as far away as can be must be so much stronger to be taken. */
const FAR_COST = 0.35
/** What it costs when the next place along the border goes one step further than this one. */
const BEND_COST = 0.06
/** Neighbours never differ by more steps. */
const MOST_BEND = 2
/** The same, where there is no edge: enough to stay where it is, and little enough to go with its neighbours. */
const NO_EDGE_COST = 0.02
/** Image pixels. */
const EDGE_WIDTH = 4
/** Weaker than this is no edge. */
const WEAKEST = 0.15
/** A border that would move by less lies on its edge, image pixels. */
const STILL = 0.75

/**
 * The shape with its border on the strongest edges nearby, at most `reach` image pixels away; null when it lies there
 * already, or there are none. Boxes keep their angle. Only polygons and boxes have such a border.
 */
export function snapToEdges(edges: EdgeMap, shape: Shape, reach: number): Shape | null {
  switch (shape.kind) {
    case 'polygon':
      return snapPolygon(edges, shape, reach)
    case 'bbox': {
      const centre = { x: shape.x + shape.w / 2, y: shape.y + shape.h / 2 }
      const sides = snapSides(edges, { ...centre, w: shape.w, h: shape.h, angleDeg: 0 }, reach)
      if (!sides) return null
      const { left, right, top, bottom } = sides
      return {
        kind: 'bbox',
        x: centre.x + left,
        y: centre.y + top,
        w: right - left,
        h: bottom - top,
      }
    }
    case 'oriented_box': {
      const { cx: x, cy: y, w, h, angleDeg } = shape
      const sides = snapSides(edges, { x, y, w, h, angleDeg }, reach)
      if (!sides) return null
      const { left, right, top, bottom } = sides
      const middle = { x: x + (left + right) / 2, y: y + (top + bottom) / 2 }
      const centre = rotatePoint(middle, { x, y }, angleDeg)
      return { ...shape, cx: centre.x, cy: centre.y, w: right - left, h: bottom - top }
    }
    case 'polyline':
    case 'keypoint':
      return null
  }
}

interface Sample {
  at: Point
  /** Across the border, of length 1. */
  normal: Point
}

/** How strongly the picture changes across the border at each step from it, towards the normal last. 0..1. */
function profile(edges: EdgeMap, { at, normal }: Sample, step: number): number[] {
  return Array.from({ length: 2 * STEPS + 1 }, (_, index) => {
    const away = (index - STEPS) * step
    return edges.across({ x: at.x + normal.x * away, y: at.y + normal.y * away }, normal)
  })
}

/** By step, what it is worth: a strong edge, the nearer the better. Without any edge all steps are much the same. */
function worths(strengths: readonly number[]): number[] {
  const hasEdge = strengths.some((strength) => strength >= WEAKEST)
  const farCost = hasEdge ? FAR_COST : NO_EDGE_COST
  return strengths.map(
    (strength, index) =>
      (strength < WEAKEST ? 0 : strength) - (farCost * Math.abs(index - STEPS)) / STEPS,
  )
}

/** The middle of the edge around a step, in steps: edges are some pixels wide. */
function between(strengths: readonly number[], index: number, step: number): number {
  const around = Math.ceil(EDGE_WIDTH / 2 / step)
  let [sum, moment] = [0, 0]
  for (
    let at = Math.max(0, index - around);
    at <= Math.min(strengths.length - 1, index + around);
    at++
  ) {
    const weight = strengths[at] * strengths[at]
    sum += weight
    moment += weight * at
  }
  return sum > 0 ? moment / sum : index
}

interface Sides {
  /** From the centre, in the box's own directions. */
  left: number
  right: number
  top: number
  bottom: number
}

function snapSides(
  edges: EdgeMap,
  { x, y, w, h, angleDeg }: Point & { w: number; h: number; angleDeg: number },
  reach: number,
): Sides | null {
  const centre = { x, y }
  const step = reach / STEPS
  const turned = (dx: number, dy: number) => rotatePoint({ x: x + dx, y: y + dy }, centre, angleDeg)
  const shift = (normal: Point, place: (along: number) => Point): number => {
    const count = 60
    const sums = new Array<number>(2 * STEPS + 1).fill(0)
    // Without the corners, where the other sides' edges are.
    for (let index = 0; index < count; index++) {
      const sample = { at: place(0.9 * ((index + 0.5) / count - 0.5)), normal }
      profile(edges, sample, step).forEach((strength, at) => {
        sums[at] += strength / count
      })
    }
    const values = worths(sums)
    const best = values.indexOf(Math.max(...values))
    return sums[best] < WEAKEST ? 0 : (between(sums, best, step) - STEPS) * step
  }
  const right = rotatePoint({ x: 1, y: 0 }, { x: 0, y: 0 }, angleDeg)
  const down = rotatePoint({ x: 0, y: 1 }, { x: 0, y: 0 }, angleDeg)
  const moved = {
    left: shift(right, (along) => turned(-w / 2, along * h)),
    right: shift(right, (along) => turned(w / 2, along * h)),
    top: shift(down, (along) => turned(along * w, -h / 2)),
    bottom: shift(down, (along) => turned(along * w, h / 2)),
  }
  const isStill = Object.values(moved).every((by) => Math.abs(by) < STILL)
  const sides = {
    left: moved.left - w / 2,
    right: moved.right + w / 2,
    top: moved.top - h / 2,
    bottom: moved.bottom + h / 2,
  }
  return isStill || sides.right - sides.left < 1 || sides.bottom - sides.top < 1 ? null : sides
}

function snapPolygon(edges: EdgeMap, shape: PolygonShape, reach: number): PolygonShape | null {
  const step = reach / STEPS
  let farthest = 0
  const rings = shape.rings.map((ring) => {
    const samples = samplesOf(ring, reach)
    const strengths = samples.map((sample) => profile(edges, sample, step))
    const moves = smoothest(strengths.map(worths)).map((index, at) => {
      const strength = strengths[at][index]
      return (
        (strength < WEAKEST ? index - STEPS : between(strengths[at], index, step) - STEPS) * step
      )
    })
    farthest = Math.max(
      farthest,
      median(moves.map(Math.abs)),
      ...moves.map((by) => Math.abs(by) / 3),
    )
    const moved = samples.map(({ at, normal }, index) => ({
      x: at.x + normal.x * moves[index],
      y: at.y + normal.y * moves[index],
    }))
    return simplifyRing(moved, Math.max(1, ringTolerance(moved)))
  })
  if (farthest < STILL) return null
  const result: PolygonShape = { kind: 'polygon', rings }
  const turnedOver = rings.some(
    (ring, index) => signedRingArea(ring) * signedRingArea(shape.rings[index]) <= 0,
  )
  // Where it would cross itself, it goes half as far.
  if (!turnedOver && selfCrossings(result).length === 0) return result
  return reach > 3 ? snapPolygon(edges, shape, reach / 2) : null
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Evenly spaced places along a ring, its corners among them, with the direction across. */
function samplesOf(ring: readonly Point[], reach: number): Sample[] {
  const lengths = ring.map((point, index) => distance(point, ring[(index + 1) % ring.length]))
  const perimeter = lengths.reduce((sum, length) => sum + length, 0)
  const spacing = Math.max(perimeter / MOST_SAMPLES, Math.min(4, Math.max(1.5, reach / 4)))
  const points = ring.flatMap((from, index) => {
    const to = ring[(index + 1) % ring.length]
    const count = Math.max(1, Math.round(lengths[index] / spacing))
    return Array.from({ length: count }, (_, at) => ({
      x: from.x + ((to.x - from.x) * at) / count,
      y: from.y + ((to.y - from.y) * at) / count,
    }))
  })
  return points.map((at, index) => {
    const before = points[(index + points.length - 1) % points.length]
    const after = points[(index + 1) % points.length]
    const length = Math.hypot(after.x - before.x, after.y - before.y) || 1
    return { at, normal: { x: (after.y - before.y) / length, y: -(after.x - before.x) / length } }
  })
}

/** By sample, the step to take: worth most together, without kinks (Viterbi, 1967). The last is a neighbour of the first. */
function smoothest(values: readonly (readonly number[])[]): number[] {
  const open = bestChain(values, null)
  // A second time, closed where the first one is surest: in its middle.
  const half = Math.floor(values.length / 2)
  const turned = [...values.slice(half), ...values.slice(0, half)]
  const closed = bestChain(turned, open[half])
  return [...closed.slice(values.length - half), ...closed.slice(0, values.length - half)]
}

function bestChain(rows: readonly (readonly number[])[], ends: number | null): number[] {
  const count = 2 * STEPS + 1
  const from: Uint8Array[] = []
  const isAllowed = (index: number, away: number) =>
    ends === null || Math.abs(index - ends) <= away * MOST_BEND
  let values = new Float64Array(count)
  rows.forEach((row, sample) => {
    const next = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    const came = new Uint8Array(count)
    for (let index = 0; index < count; index++) {
      if (!isAllowed(index, sample) || !isAllowed(index, rows.length - sample)) continue
      if (sample === 0) {
        next[index] = row[index]
        continue
      }
      for (let bend = -MOST_BEND; bend <= MOST_BEND; bend++) {
        const before = index + bend
        if (before < 0 || before >= count) continue
        const value = values[before] - BEND_COST * bend * bend
        if (value <= next[index]) continue
        next[index] = value
        came[index] = before
      }
      next[index] += row[index]
    }
    values = next
    from.push(came)
  })
  let index = values.indexOf(Math.max(...values))
  const chain: number[] = []
  for (let sample = rows.length - 1; sample >= 0; sample--) {
    chain.push(index)
    index = from[sample][index]
  }
  return chain.reverse()
}
