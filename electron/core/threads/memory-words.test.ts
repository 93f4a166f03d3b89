import { expect, test } from 'vitest'
import { OUT_OF_MEMORY, ranOutOfMemory } from './memory-words.ts'

test.each([
  [OUT_OF_MEMORY, true],
  ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', true],
  ['FATAL ERROR: invalid table size Allocation failed - JavaScript heap out of memory', true],
  ['RangeError: Invalid array length', true],
  ["terminate called after throwing an instance of 'std::bad_alloc'", true],
  ['vips: out of memory', true],
  ['Segmentation fault', false],
  ['TypeError: Cannot read properties of undefined', false],
  ['', false],
])('%s', (words, isMemory) => {
  expect(ranOutOfMemory(words)).toBe(isMemory)
})
