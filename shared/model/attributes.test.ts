import { expect, test } from 'vitest'
import { newAnnotation } from './annotation.ts'
import type { AnnotationClass, AttributeSchema } from './annotation-class.ts'
import {
  attributeProblem,
  attributeProblems,
  defaultAttributes,
  parseAttribute,
  withAttribute,
} from './attributes.ts'

const colour: AttributeSchema = {
  name: 'colour',
  type: 'select',
  values: ['red', 'blue'],
  required: true,
}
const speed: AttributeSchema = { name: 'speed', type: 'number', default: 30 }
const parked: AttributeSchema = { name: 'parked', type: 'checkbox', default: false }
const car: AnnotationClass = { name: 'car', color: '#ff0000', attributes: [colour, speed, parked] }
const drawn = newAnnotation({ kind: 'keypoint', x: 0, y: 0 }, 'car', {
  attributes: defaultAttributes(car),
})

test('a drawn annotation has the defaults, and missing required attributes are reported', () => {
  expect(drawn.attributes).toEqual({ speed: 30, parked: false })
  expect(attributeProblems(drawn, car)).toEqual(['colour is required'])
  expect(attributeProblems(withAttribute(drawn, 'colour', 'red'), car)).toEqual([])
  expect(attributeProblems(drawn, undefined)).toEqual([])
})

test('an invalid value is named', () => {
  expect(attributeProblem(colour, 'green')).toBe('must be one of: red, blue')
  expect(attributeProblem(speed, 'fast')).toBe('must be a number')
  expect(attributeProblem(parked, 'true')).toBe('must be yes or no')
  expect(attributeProblem({ name: 'note', type: 'text' }, 1)).toBe('must be text')
})

test('typed text becomes a value of its type; empty text removes the attribute', () => {
  expect(parseAttribute(speed, '12,5')).toEqual({ value: 12.5 })
  expect(parseAttribute(speed, 'fast')).toBeNull()
  expect(parseAttribute(speed, ' ')).toEqual({ value: undefined })
  expect(withAttribute(drawn, 'speed', undefined).attributes).toEqual({ parked: false })
})
