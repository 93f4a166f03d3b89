import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { annotationClassSchema } from './annotation-class.ts'
import { mendClasses } from './mend-classes.ts'

const car = { name: 'car', color: '#e69f00' }

test.each([
  ['an attribute without a name', [{ ...car, attributes: [{ name: '', type: 'text' }] }], [car]],
  [
    'an attribute of a type that we do not know',
    [{ ...car, attributes: [{ name: 'on', type: 'date', values: [1, 'two', null] }] }],
    [{ ...car, attributes: [{ name: 'on', type: 'text', values: ['1', 'two'] }] }],
  ],
  ['a joint without a name', [{ ...car, skeleton: { nodes: [{ name: '' }], edges: [] } }], [car]],
  [
    'a line to a joint that is not there',
    [{ ...car, skeleton: { nodes: [{ name: 'a' }, { name: 'b' }], edges: [[0, 1], [1, 2], 'x'] } }],
    [{ ...car, skeleton: { nodes: [{ name: 'a' }, { name: 'b' }], edges: [[0, 1]] } }],
  ],
  ['no colour, or another word for one', [{ ...car, color: 'orange' }], [car]],
  ['no name', [{ name: ' ', color: '#000000' }, null, 3, car], [car]],
  ['the same name twice', [car, { ...car, color: '#000000' }], [car]],
  [
    'an instruction without a text',
    [
      { ...car, instructions: { imageId: null } },
      { ...car, name: 'van', instructions: { text: 'With windows.', imageId: null } },
    ],
    [car, { ...car, name: 'van', instructions: { text: 'With windows.', imageId: null } }],
  ],
  ['no list at all', { classes: [] }, []],
])('%s is mended, and hides nothing else', (_what, given, expected) => {
  expect(mendClasses(given)).toEqual(expected)
})

const oddClass = fc.record(
  {
    name: fc.oneof(fc.string(), fc.constant('car'), fc.jsonValue()),
    color: fc.oneof(fc.constant('#e69f00'), fc.jsonValue()),
    attributes: fc.oneof(
      fc.array(fc.record({ name: fc.string(), type: fc.string(), values: fc.jsonValue() })),
      fc.jsonValue(),
    ),
    skeleton: fc.oneof(
      fc.record({
        nodes: fc.array(fc.record({ name: fc.string(), x: fc.jsonValue() })),
        edges: fc.array(fc.array(fc.integer())),
      }),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
)

test('any input gives a valid result, and repairing it again changes nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(oddClass), fc.jsonValue()), (given) => {
      const mended = mendClasses(given)
      expect(z.array(annotationClassSchema).parse(mended)).toEqual(mended)
      expect(mendClasses(mended)).toEqual(mended)
    }),
  )
})
