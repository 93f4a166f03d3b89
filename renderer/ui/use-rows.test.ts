import { expect, test } from 'vitest'
import { rowsInSight } from './use-rows.ts'

const list = { count: 100_000, size: 100, padding: 8, overscan: 2 }

test.each([
  [0, 1000, { first: 0, end: 12 }],
  [50_008, 1000, { first: 498, end: 512 }],
  [50_058, 1000, { first: 498, end: 513 }],
  [9_999_016, 1000, { first: 99_988, end: 100_000 }],
  // A list that has become shorter than where it is scrolled to.
  [20_000_000, 1000, { first: 100_000, end: 100_000 }],
])('rows in sight at %i', (offset, length, range) => {
  expect(rowsInSight(list, offset, length)).toEqual(range)
})
