import { expect, test } from 'vitest'
import { newAnnotation } from './annotation.ts'
import { copiesOf, missingCopies } from './copy.ts'

const joint = (x: number, instanceId?: number) =>
  newAnnotation(
    { kind: 'keypoint', x, y: 0 },
    'nose',
    instanceId === undefined ? {} : { instanceId },
  )

test('copies have new ids, and new instances at the target', () => {
  const originals = [joint(1, 4), joint(2, 4), joint(3, 7), joint(4)]
  const copies = copiesOf(originals, [joint(9, 5)])
  expect(copies.map(({ instanceId }) => instanceId)).toEqual([6, 6, 7, undefined])
  expect(new Set([...originals, ...copies].map(({ id }) => id)).size).toBe(8)
})

test('later copies join the instance of their parts; different attributes are a different object', () => {
  const [nose, eye] = [joint(1, 1), joint(2, 1)]
  const [copy] = missingCopies([nose], [])
  const [later] = missingCopies([nose, eye], [copy])
  expect(later.instanceId).toBe(copy.instanceId)
  const occluded = { ...nose, attributes: { occluded: 'true' } }
  expect(missingCopies([occluded], [nose])).toHaveLength(1)
})

test('exact duplicates are not copied', () => {
  const originals = [joint(1, 1), joint(2, 1)]
  expect(missingCopies(originals, originals)).toEqual([])
  expect(missingCopies(originals, [joint(1)]).map(({ shape }) => shape)).toEqual([
    originals[1].shape,
  ])
})
