import { beforeEach, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import type { Proposal } from '#shared/model/proposal.ts'
import { AnnotationStore } from './annotation-store.ts'
import { ImageProposals } from './image-proposals.ts'
import { hasShownProposals, mergeCounts, NO_PROPOSALS, proposalState } from './proposal-state.ts'

const proposal = (id: string, confidence: number, x: number, size = 10): Proposal => ({
  id,
  className: 'car',
  confidence,
  model: 'yolo',
  version: '',
  shape: { kind: 'bbox', x, y: 0, w: size, h: size },
  keypoints: [],
})
const choose = (confidence: number, classes = {}) =>
  proposalState.setState({ choices: { yolo: { confidence, overlap: 0.5, classes } } })

beforeEach(() => {
  proposalState.setState(NO_PROPOSALS)
  choose(0.3)
})

const opened = () => {
  const annotations = new AnnotationStore([])
  const proposals = new ImageProposals(annotations)
  proposals.take([
    proposal('a', 0.9, 0),
    proposal('b', 0.8, 100),
    // The same place as b, with less confidence.
    proposal('c', 0.7, 101),
    proposal('d', 0.2, 200),
  ])
  return { annotations, proposals, ids: () => proposals.shown().map((item) => item.proposal.id) }
}

test('thresholds count at once: confidence, overlap, and classes that are not wanted', () => {
  const { ids } = opened()
  expect(ids()).toEqual(['a', 'b'])
  choose(0.1)
  expect(ids()).toEqual(['a', 'b', 'd'])
  choose(0.1, { car: null })
  expect(ids()).toEqual([])
})

test('the list is the same until something changes', () => {
  const { annotations, proposals } = opened()
  const before = proposals.shown()
  expect(proposals.shown()).toBe(before)
  const there = newAnnotation({ kind: 'bbox', x: 1, y: 0, w: 10, h: 10 }, 'van')
  annotations.apply({ ...EMPTY_CHANGE_SET, created: [there] }, 'local')
  expect(proposals.shown().map(({ covered }) => covered?.className)).toEqual(['van', undefined])
})

test('the next one is decided on after one is gone; steps go round; a press picks the smallest', () => {
  const { proposals } = opened()
  expect(proposals.current()?.proposal.id).toBe('a')
  proposals.take([proposal('b', 0.8, 100), proposal('e', 0.5, 300), proposal('f', 0.4, 90, 200)])
  expect(proposals.current()?.proposal.id).toBe('b')
  expect(proposals.step(-1)?.proposal.id).toBe('f')
  expect(proposals.step(1)?.proposal.id).toBe('b')
  proposals.pick({ x: 305, y: 5 }, 1)
  expect(proposals.current()?.proposal.id).toBe('e')
  proposals.take([proposal('b', 0.8, 100), proposal('f', 0.4, 90, 200)])
  expect(proposals.current()?.proposal.id).toBe('f')
})

test('an image counts only with a proposal that is sure enough', () => {
  mergeCounts([
    { imageId: 'x', open: 2, best: 0.35 },
    { imageId: 'y', open: 1, best: 0.2 },
  ])
  const has = (id: string) => hasShownProposals(proposalState.getState(), id)
  expect([has('x'), has('y'), has('z')]).toEqual([true, false, false])
  mergeCounts([{ imageId: 'x', open: 0, best: 0 }])
  expect(has('x')).toBe(false)
})
