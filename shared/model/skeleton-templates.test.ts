import { expect, test } from 'vitest'
import { skeletonSchema } from './annotation-class.ts'
import { SKELETON_TEMPLATES } from './skeleton-templates.ts'

const sizes = SKELETON_TEMPLATES.map(({ skeleton }) => skeleton.nodes.length)

test('there are a body, a hand, a face and an animal to begin with', () => {
  expect(sizes).toEqual(expect.arrayContaining([17, 21, 68]))
  expect(sizes.filter((size) => size === 17)).toHaveLength(2)
})

test.each(SKELETON_TEMPLATES)('$label is whole: names, lines, sides and places', ({ skeleton }) => {
  expect(skeletonSchema.parse(skeleton)).toEqual(skeleton)
  const { nodes, edges, pairs = [] } = skeleton
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length)
  for (const { x = -1, y = -1 } of nodes) {
    expect(x >= 0 && x <= 1 && y >= 0 && y <= 1).toBe(true)
  }
  for (const index of [...edges, ...pairs].flat()) expect(nodes[index]).toBeDefined()
  // A joint has one other side.
  expect(new Set(pairs.flat()).size).toBe(pairs.length * 2)
  // Every joint is drawn connected.
  expect(new Set(edges.flat()).size).toBe(nodes.length)
})

test('the sides of the face lie across from each other', () => {
  const face = SKELETON_TEMPLATES.find(({ skeleton }) => skeleton.nodes.length === 68)?.skeleton
  for (const [a, b] of face?.pairs ?? []) {
    const [one, other] = [face?.nodes[a], face?.nodes[b]]
    expect(Math.abs((one?.x ?? 0) + (other?.x ?? 0) - 1)).toBeLessThan(0.05)
    expect(Math.abs((one?.y ?? 0) - (other?.y ?? 1))).toBeLessThan(0.08)
  }
})
