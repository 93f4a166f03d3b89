import { expect, test } from 'vitest'
import { keyLabel } from '#renderer/document/key-label.ts'
import { type KeyPress, matchesKey } from './keys.ts'

const press = (key: string, fields: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  ...fields,
})

test('letters go by what is typed, digits by the key', () => {
  expect(matchesKey(press('a', { code: 'KeyQ' }), 'A')).toBe(true)
  expect(matchesKey(press('&', { code: 'Digit1' }), '1')).toBe(true)
  expect(matchesKey(press('1', { code: 'Digit1', ctrlKey: true }), '1')).toBe(false)
})

test('modifiers must be exactly those of the shortcut', () => {
  expect(matchesKey(press('Z', { ctrlKey: true, shiftKey: true }), 'Mod+Shift+Z')).toBe(true)
  expect(matchesKey(press('Z', { ctrlKey: true, shiftKey: true }), 'Mod+Z')).toBe(false)
  expect(matchesKey(press('p'), 'Shift+P')).toBe(false)
  expect(matchesKey(press('?', { shiftKey: true }), '?')).toBe(true)
  expect(matchesKey(press('+', { ctrlKey: true }), 'Mod++')).toBe(true)
  expect(matchesKey(press('+'), '+')).toBe(true)
  expect(matchesKey(press('≈', { code: 'KeyX', altKey: true }), 'Alt+X')).toBe(true)
})

test('a shortcut is shown as it is written on the keys', () => {
  expect(keyLabel('Mod+Shift+ArrowLeft')).toBe('Ctrl+Shift+←')
})
