import { expect, test } from 'vitest'
import { ImageList } from '#renderer/document/image-list.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { folderFinder, galleryFilter, NO_FILTER } from './gallery-filter.ts'
import { sortImages } from './gallery-sort.ts'
import { indexAfterKey } from './use-tile-keys.ts'

const image = (path: string, facts: Partial<DatasetImage> = {}) =>
  ({
    id: path,
    path,
    missing: false,
    stage: 'new',
    split: null,
    tags: [],
    annotationCount: 0,
    modifiedAtMs: 0,
    remote: null,
    ...facts,
  }) as DatasetImage

const list = new ImageList().with([
  image('a/1.jpg', { annotationCount: 2 }),
  image('a/b/2.jpg', { annotationCount: 5, stage: 'review' }),
  image('ab/3.jpg', { annotationCount: 2, modifiedAtMs: 9 }),
])
const paths = (images: Iterable<DatasetImage>) => Array.from(images, ({ path }) => path)

test('keys move through a grid, and stop at its ends', () => {
  const grid = { count: 10, columns: 4, rows: 2 }
  const from = (index: number, ...keys: string[]) =>
    keys.reduce((at, key) => indexAfterKey(key, at, grid) ?? -1, index)
  expect(from(0, 'ArrowRight', 'ArrowDown')).toBe(5)
  expect(from(1, 'ArrowUp')).toBe(1)
  // Below the eighth there is none.
  expect(from(7, 'ArrowDown')).toBe(7)
  expect(from(9, 'ArrowRight')).toBe(9)
  expect(from(3, 'PageDown')).toBe(9)
  expect(from(3, 'End', 'Home')).toBe(0)
  expect(indexAfterKey('Enter', 3, grid)).toBe(null)
  expect(indexAfterKey('End', 0, { ...grid, count: 0 })).toBe(null)
})

test('images are sorted, those that are alike by name', () => {
  expect(paths(sortImages(list, 'name'))).toEqual(['a/1.jpg', 'a/b/2.jpg', 'ab/3.jpg'])
  expect(paths(sortImages(list, 'most'))).toEqual(['a/b/2.jpg', 'a/1.jpg', 'ab/3.jpg'])
  expect(paths(sortImages(list, 'newest'))[0]).toBe('ab/3.jpg')
  const byStage = sortImages(list, 'stage')
  expect(byStage.at(2)?.path).toBe('a/b/2.jpg')
  expect(byStage.indexOf('a/b/2.jpg')).toBe(2)
  expect(byStage.indexOf('gone')).toBe(-1)
})

test('a folder holds what is below it, not what begins like it; a class only its images', () => {
  const narrowed = (change: object, ids: string[] = []) =>
    paths(galleryFilter({ ...NO_FILTER, ...change }, new Set(ids))(list))
  expect(narrowed({ folder: 'a' })).toEqual(['a/1.jpg', 'a/b/2.jpg'])
  expect(narrowed({ className: 'car' }, ['ab/3.jpg'])).toEqual(['ab/3.jpg'])
  expect(folderFinder()(list)).toEqual([
    ['a', 2],
    ['a/b', 1],
    ['ab', 1],
  ])
})
