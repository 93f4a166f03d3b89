import { expect, test } from 'vitest'
import { newAnnotation } from './annotation.ts'
import { copiesOf, missingCopies } from './copy.ts'

const joint = (x: number, instanceId?: number) =>
  newAnnotation(
    { kind: 'keypoint', x, y: 0 },
    'nose',
    instanceId === undefined ? {} : { instanceId },
  )

test('copies have ids of their own, and instances that are new where they go', () => {
  const originals = [joint(1, 4), joint(2, 4), joint(3, 7), joint(4)]
  const copies = copiesOf(originals, [joint(9, 5)])
  expect(copies.map(({ instanceId }) => instanceId)).toEqual([6, 6, 7, undefined])
  expect(new Set([...originals, ...copies].map(({ id }) => id)).size).toBe(8)
})

test('what comes later joins the instance that its parts went to; other attributes are another thing', () => {
  const [nose, eye] = [joint(1, 1), joint(2, 1)]
  const [copy] = missingCopies([nose], [])
  const [later] = missingCopies([nose, eye], [copy])
  expect(later.instanceId).toBe(copy.instanceId)
  const occluded = { ...nose, attributes: { occluded: 'true' } }
  expect(missingCopies([occluded], [nose])).toHaveLength(1)
})

test('what is there to the letter is not copied', () => {
  const originals = [joint(1, 1), joint(2, 1)]
  expect(missingCopies(originals, originals)).toEqual([])
  expect(missingCopies(originals, [joint(1)]).map(({ shape }) => shape)).toEqual([
    originals[1].shape,
  ])
})
