import { expect, test } from 'vitest'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { actionKey } from '#renderer/document/key-label.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import { ACTIONS } from './actions.ts'
import { matchesKey, shortcutOf } from './keys.ts'
import { holderOf, keysOf, PRESETS, presetKeys } from './shortcuts.ts'

const press = (key: string, fields = {}) => ({
  ...{ key, code: '', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false },
  ...fields,
})

test.each(PRESETS)(
  'the preset $id names actions that are there, and none of its keys twice',
  ({ id, keys }) => {
    const known = new Set(ACTIONS.map((action) => action.id))
    for (const name of Object.keys(keys)) expect(known).toContain(name)
    const choice = { shortcuts: {}, shortcutPreset: id }
    for (const action of ACTIONS)
      for (const key of keysOf(action, choice))
        expect([key, holderOf(key, action, ACTIONS, choice)?.id]).toEqual([key, undefined])
  },
)

test('what a person chose goes before the preset, and the preset before ours', () => {
  const next = ACTIONS.find(({ id }) => id === 'next')
  if (!next) throw new Error('No action')
  expect(keysOf(next, DEFAULT_SETTINGS)).toEqual(['D'])
  expect(presetKeys(next, 'cvat')).toEqual(['F'])
  expect(keysOf(next, { shortcuts: { next: ['PageDown'] }, shortcutPreset: 'cvat' })).toEqual([
    'PageDown',
  ])
  expect(keysOf(next, { shortcuts: { next: [] }, shortcutPreset: 'cvat' })).toEqual([])
})

test('a key press is written as the shortcut that it matches', () => {
  const presses = [
    press('a'),
    press('A', { shiftKey: true }),
    press('z', { ctrlKey: true }),
    press('Z', { ctrlKey: true, shiftKey: true }),
    press('1', { code: 'Digit1' }),
    press('!', { code: 'Digit1', shiftKey: true }),
    press('?', { shiftKey: true }),
    press('+', { ctrlKey: true }),
    press('≈', { code: 'KeyX', altKey: true }),
    press('ArrowLeft', { shiftKey: true }),
    press('F9'),
    press(' ', { code: 'Space' }),
  ]
  for (const one of presses) {
    const shortcut = shortcutOf(one)
    expect([one.key, shortcut, matchesKey(one, shortcut ?? '')]).toEqual([one.key, shortcut, true])
  }
  for (const modifier of ['Shift', 'Control', 'Alt', 'Meta', 'Dead', 'CapsLock'])
    expect(shortcutOf(press(modifier))).toBeNull()
})

test('hints of the tools show the keys that the person chose', () => {
  editorSettings.setState({ shortcuts: { lock: ['Mod+Shift+L'] } })
  expect(actionKey('lock')).toBe('Ctrl+Shift+L')
  editorSettings.setState({ shortcuts: {} })
  expect(actionKey('lock')).toBe('Ctrl+L')
})
