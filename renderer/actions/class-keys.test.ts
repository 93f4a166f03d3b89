import { expect, test } from 'vitest'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { classesBySlot, shownSlotKey, slotKey } from './class-keys.ts'

const names = Array.from({ length: 25 }, (_, index) => `class ${index + 1}`)

test('the first twenty classes have the digits in their order, the second ten with Shift', () => {
  const slots = classesBySlot(names, {})
  expect(slots).toEqual(names.slice(0, 20))
  expect([0, 8, 9, 10, 19].map(slotKey)).toEqual(['1', '9', '0', 'Shift+1', 'Shift+0'])
})

test('a class that was given a key has that one alone; the others move up around it', () => {
  const slots = classesBySlot(names, { 0: 'class 25', 4: 'class 2' })
  expect(slots.slice(0, 6)).toEqual([
    'class 25',
    'class 1',
    'class 3',
    'class 4',
    'class 2',
    'class 5',
  ])
  expect(new Set(slots).size).toBe(20)
})

test('a class that is gone leaves its key to another', () => {
  expect(classesBySlot(['car'], { 0: 'gone', 3: 'car' })[3]).toBe('car')
  expect(classesBySlot(['car', 'person'], { 0: 'gone' }).slice(0, 2)).toEqual(['car', 'person'])
})

test('a class shows the key that the user has given to its slot', () => {
  editorSettings.setState({ shortcuts: { 'class-2': ['Shift+F'], 'class-3': [] } })
  expect([0, 1, 2].map(shownSlotKey)).toEqual(['1', 'Shift+F', null])
  editorSettings.setState({ shortcuts: {} })
  expect(shownSlotKey(1)).toBe('2')
})
