import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CutGraph, leastCut, NEIGHBOUR_X, NEIGHBOUR_Y, NEIGHBOURS } from './least-cut.ts'

function gridOf(
  width: number,
  height: number,
  inside: readonly number[],
  weights: readonly number[],
): CutGraph {
  const count = width * height
  const graph = {
    neighbours: new Int32Array(count * NEIGHBOURS).fill(-1),
    weights: new Int32Array(count * NEIGHBOURS),
    inside: Int32Array.from(inside.slice(0, count)),
  }
  let used = 0
  for (let node = 0; node < count; node++)
    for (let direction = 0; direction < NEIGHBOURS; direction++) {
      const x = (node % width) + NEIGHBOUR_X[direction]
      const y = Math.floor(node / width) + NEIGHBOUR_Y[direction]
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      const neighbour = y * width + x
      graph.neighbours[node * NEIGHBOURS + direction] = neighbour
      if (neighbour < node) continue
      const weight = weights[used++ % weights.length]
      graph.weights[node * NEIGHBOURS + direction] = weight
      graph.weights[neighbour * NEIGHBOURS + (direction ^ 1)] = weight
    }
  return graph
}

function costOf({ neighbours, weights, inside }: CutGraph, cut: ArrayLike<number>): number {
  let cost = 0
  for (let node = 0; node < inside.length; node++) {
    if (cut[node] === 1) cost += Math.max(0, -inside[node])
    else cost += Math.max(0, inside[node])
    for (let direction = 0; direction < NEIGHBOURS; direction++) {
      const neighbour = neighbours[node * NEIGHBOURS + direction]
      if (neighbour > node && cut[node] !== cut[neighbour])
        cost += weights[node * NEIGHBOURS + direction]
    }
  }
  return cost
}

test('no other cut costs less', () => {
  const weight = fc.integer({ min: 0, max: 20 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 12, maxLength: 12 }),
      fc.array(weight, { minLength: 30, maxLength: 30 }),
      (width, height, inside, weights) => {
        const make = () => gridOf(width, height, inside, weights)
        const found = costOf(make(), leastCut(make()))
        const graph = make()
        let least = Number.POSITIVE_INFINITY
        const count = width * height
        for (let bits = 0; bits < 2 ** count; bits++)
          least = Math.min(
            least,
            costOf(
              graph,
              Array.from({ length: count }, (_, node) => (bits >> node) & 1),
            ),
          )
        expect(found).toBe(least)
      },
    ),
    { numRuns: 300 },
  )
})
