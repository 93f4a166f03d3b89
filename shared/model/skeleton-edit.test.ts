import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Skeleton, skeletonSchema } from './annotation-class.ts'
import { guessPairs, mirroredJoint, templateIn } from './pose.ts'
import {
  addNode,
  changeNode,
  hasEdge,
  pairNodes,
  partnerOf,
  removeNode,
  shiftNode,
  toggleEdge,
} from './skeleton-edit.ts'
import { SKELETON_TEMPLATES } from './skeleton-templates.ts'

const EMPTY: Skeleton = { nodes: [], edges: [] }
const index = fc.nat({ max: 5 })
const step = fc.oneof(
  fc.constant((skeleton: Skeleton) => addNode(skeleton, 0.5, 0.5)),
  index.map(
    (at) => (skeleton: Skeleton) => (skeleton.nodes[at] ? removeNode(skeleton, at) : skeleton),
  ),
  fc.tuple(index, fc.constantFrom<1 | -1>(1, -1)).map(
    ([at, by]) =>
      (skeleton: Skeleton) =>
        skeleton.nodes[at] ? shiftNode(skeleton, at, by) : skeleton,
  ),
  fc.tuple(index, index).map(
    ([a, b]) =>
      (skeleton: Skeleton) =>
        skeleton.nodes[a] && skeleton.nodes[b] ? toggleEdge(skeleton, a, b) : skeleton,
  ),
  fc.tuple(index, fc.option(index)).map(
    ([a, b]) =>
      (skeleton: Skeleton) =>
        skeleton.nodes[a] && (b === null || skeleton.nodes[b])
          ? pairNodes(skeleton, a, b)
          : skeleton,
  ),
)

test('after any edits, a skeleton’s edges and pairs refer to existing joints', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const result = steps.reduce((skeleton, change) => change(skeleton), EMPTY)
      expect(skeletonSchema.safeParse(result).success).toBe(true)
      for (const [a, b] of [...result.edges, ...(result.pairs ?? [])]) {
        expect(result.nodes[a] && result.nodes[b]).toBeTruthy()
        expect(a).not.toBe(b)
      }
      const paired = (result.pairs ?? []).flat()
      expect(new Set(paired).size).toBe(paired.length)
    }),
  )
})

test('a line follows its joints when they are reordered or another is removed', () => {
  const three = [0, 1, 2].reduce((skeleton) => addNode(skeleton, 0, 0), EMPTY)
  const linked = toggleEdge(three, 0, 2)
  const shifted = shiftNode(linked, 0, 1)
  expect(hasEdge(shifted, 1, 2)).toBe(true)
  expect(hasEdge(removeNode(linked, 1), 0, 1)).toBe(true)
  expect(removeNode(linked, 0).edges).toEqual([])
  expect(partnerOf(pairNodes(three, 0, 2), 2)).toBe(0)
  expect(changeNode(three, 1, { name: 'nose' }).nodes[1].name).toBe('nose')
})

test('templates are complete: every joint inside the square, left and right paired', () => {
  for (const { skeleton } of SKELETON_TEMPLATES) {
    expect(skeletonSchema.safeParse(skeleton).success).toBe(true)
    const box = { x: 10, y: 20, w: 100, h: 200 }
    for (const { x, y } of templateIn(skeleton, box)) {
      expect(x).toBeGreaterThanOrEqual(10)
      expect(x).toBeLessThanOrEqual(110)
      expect(y).toBeGreaterThanOrEqual(20)
      expect(y).toBeLessThanOrEqual(220)
    }
    for (const { name } of skeleton.nodes)
      expect(mirroredJoint(skeleton, mirroredJoint(skeleton, name))).toBe(name)
    // A hand has no sides.
    if (!skeleton.nodes.some(({ name }) => name === 'left_eye')) continue
    expect(mirroredJoint(skeleton, 'left_eye')).toBe('right_eye')
    expect(mirroredJoint(skeleton, 'nose')).toBe('nose')
  }
})

test('left and right are recognised by name', () => {
  const names = (...list: string[]) => list.map((name) => ({ name }))
  expect(guessPairs(names('left_eye', 'nose', 'right_eye'))).toEqual([[0, 2]])
  expect(guessPairs(names('L knee', 'R knee', 'lip'))).toEqual([[0, 1]])
  expect(guessPairs(names('leftEye', 'RightEye'))).toEqual([[0, 1]])
  expect(guessPairs(names('eye left', 'nose'))).toEqual([])
})
