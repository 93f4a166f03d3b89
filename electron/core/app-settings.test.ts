import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import { settingsOf } from './app-settings.ts'

test('one invalid value does not reset the other settings', () => {
  const stored = { theme: 'dark', wandTolerance: 'much', __proto__: null, unknown: 1 }
  expect(settingsOf(stored)).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' })
})

test.each([null, 'x', 1, []])(
  'without stored settings, or with %j, the defaults apply',
  (stored) => {
    expect(settingsOf(stored)).toEqual(DEFAULT_SETTINGS)
  },
)
