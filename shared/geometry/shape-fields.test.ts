import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shapeSchema } from '#shared/model/annotation.ts'
import { shapeIn } from '#tests/helpers/arbitraries.ts'
import { shapeFields, withShapeField } from './shape-fields.ts'

test('a typed number makes a valid shape with that number, or none', () => {
  fc.assert(
    fc.property(shapeIn(400, 300), fc.double(), (shape, value) => {
      for (const { key, value: before } of shapeFields(shape)) {
        expect(withShapeField(shape, key, before)).toEqual(shape)
        const changed = withShapeField(shape, key, value)
        if (changed) expect(shapeSchema.safeParse(changed).success).toBe(true)
      }
      expect(withShapeField(shape, 'kind', 1)).toBeNull()
    }),
  )
})
