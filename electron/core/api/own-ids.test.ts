import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withOwnIds } from './own-ids.ts'
import type { WireAnnotation } from './wire-annotation.ts'

const box = (id: unknown, name: string): WireAnnotation => ({ id, type: 'bbox', name }) as never
const named = (annotations: readonly WireAnnotation[]) =>
  withOwnIds('image', annotations)
    .map(({ id, name }) => `${id} ${name}`)
    .sort()

test('each annotation has an id of its own, the same in any order', () => {
  const one = fc
    .tuple(fc.constantFrom(undefined, null, 'a', 'b', 7), fc.constantFrom('car', 'bus', 'van'))
    .map(([id, name]) => box(id, name))
  const lists = fc
    .array(one, { maxLength: 8 })
    .chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
  fc.assert(
    fc.property(lists, ([list, shuffled]) => {
      expect(named(shuffled)).toEqual(named(list))
      expect(new Set(withOwnIds('image', list).map(({ id }) => id)).size).toBe(list.length)
    }),
  )
})

test('an id that is given once stays, also where another annotation’s content leads to the same one', () => {
  const [first] = withOwnIds('image', [box(null, 'car')])
  const given = [box(null, 'car'), box(first?.id, 'bus')]
  for (const list of [given, given.toReversed()])
    expect(withOwnIds('image', list)).toContainEqual(box(first?.id, 'bus'))
})

test('the order of an annotation’s fields does not matter', () => {
  const reversed = Object.fromEntries(Object.entries(box(null, 'car')).reverse())
  expect(named([reversed as never])).toEqual(named([box(null, 'car')]))
})
