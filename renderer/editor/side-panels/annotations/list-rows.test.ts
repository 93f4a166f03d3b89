import { expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { idsBetween, idsOf, listRows } from './list-rows.ts'

const box = (id: string, instanceId?: number) => ({
  ...newAnnotation({ kind: 'bbox', x: 0, y: 0, w: 5, h: 5 }, 'car'),
  id,
  ...(instanceId !== undefined && { instanceId }),
})
const list = [box('a'), box('b', 7), box('c'), box('d', 7), box('e', 9)]

test('what belongs together is one row at the place of its first; an instance of one is a shape', () => {
  const rows = listRows(list, new Set())
  expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    'one a',
    'group group 7',
    'one c',
    'one e',
  ])
  expect(idsOf(rows[1])).toEqual(['b', 'd'])
})

test('an open group is followed by its members', () => {
  expect(listRows(list, new Set([7])).map(({ id }) => id)).toEqual([
    'a',
    'group 7',
    'b',
    'd',
    'c',
    'e',
  ])
})

test('a range takes whole groups, in either direction, each shape once', () => {
  const rows = listRows(list, new Set())
  expect(idsBetween(rows, 'a', 'c')).toEqual(['a', 'b', 'd', 'c'])
  expect(idsBetween(rows, 'e', 'c')).toEqual(['c', 'e'])
  expect(idsBetween(listRows(list, new Set([7])), 'a', 'c')).toEqual(['a', 'b', 'd', 'c'])
  expect(idsBetween(rows, 'gone', 'group 7')).toEqual(['b', 'd'])
})
