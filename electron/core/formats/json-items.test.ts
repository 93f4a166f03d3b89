import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImportFailure } from '#shared/model/format.ts'
import { eachJsonItem } from './json-items.ts'
import { atOnce } from './read-labels.ts'
import { memoryFile } from './text.ts'

function items(path: string, text: string, chunkBytes?: number) {
  const found: { value: unknown; field: string; again: unknown }[] = []
  const failed: ImportFailure[] = []
  const waiting: (() => unknown)[] = []
  const steps = eachJsonItem(
    memoryFile(path, text),
    ({ value, field, again }) => {
      found.push({ value, field, again: null })
      waiting.push(again)
    },
    (failure) => failed.push(failure),
    chunkBytes,
  )
  atOnce(steps)
  for (const [index, again] of waiting.entries()) found[index].again = again()
  return { found, failed }
}

test('lines and lists of any values come one by one, and again, wherever a chunk ends', () => {
  const value = fc.oneof(fc.jsonValue(), fc.record({ text: fc.string({ unit: 'binary' }) }))
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom('\n', '\r\n', '\n\n'),
      fc.boolean(),
      (values, chunk, end, isList) => {
        const plain: unknown[] = JSON.parse(JSON.stringify(values))
        const text = isList
          ? JSON.stringify(plain)
          : plain.map((one) => JSON.stringify(one) + end).join('')
        const { found, failed } = items(isList ? 'x.json' : 'x.jsonl', text, chunk)
        expect(failed).toEqual([])
        expect(found.map((one) => one.value)).toEqual(plain)
        expect(found.map((one) => one.again)).toEqual(plain)
      },
    ),
  )
})

test('a line that is no JSON is told, the others are read', () => {
  const { found, failed } = items('x.ndjson', '{"a":1}\n\n{"a":\n{"a":3}')
  expect(found.map(({ value, field }) => [value, field])).toEqual([
    [{ a: 1 }, 'line 1'],
    [{ a: 3 }, 'line 4'],
  ])
  expect(failed).toMatchObject([{ file: 'x.ndjson', field: 'line 3' }])
})
