import { expect, test } from 'vitest'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { mergeImages } from './dataset-state.ts'

const gone = (id: string, sync: 'synced' | 'waiting' | null): DatasetImage =>
  ({
    id,
    path: `${id}.jpg`,
    missing: true,
    annotationCount: 2,
    remote: sync && { isCached: false, isKept: false, isRead: true, sync },
  }) as DatasetImage

test('an image that is gone stays only for labels that nobody else has', () => {
  const shown = mergeImages([], [gone('a', 'synced'), gone('b', 'waiting'), gone('c', null)])
  expect(shown.map(({ id }) => id)).toEqual(['b', 'c'])
})
