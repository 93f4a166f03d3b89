import { expect, test } from 'vitest'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { allButOne } from './alike.ts'

const image = (id: string, annotationCount = 0, stage: DatasetImage['stage'] = 'new') =>
  ({ id, annotationCount, stage }) as DatasetImage

test('of a group the image with the most work in it is kept', () => {
  expect(allButOne([image('a'), image('b', 3), image('c', 2)])).toEqual(['a', 'c'])
  expect(allButOne([image('a', 1), image('b', 1, 'review')])).toEqual(['a'])
  expect(allButOne([image('a'), image('b'), image('c')])).toEqual(['b', 'c'])
  expect(allButOne([])).toEqual([])
})
