import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, settingsSchema } from '#shared/contract/settings.ts'
import { AUTOMATIC, partSize } from './part-size.ts'

test('the list of classes follows the window until the user sets a height, whatever that is', () => {
  expect(partSize(DEFAULT_SETTINGS.classesHeight, 1000)).toBe(360)
  expect(partSize(DEFAULT_SETTINGS.classesHeight, 600)).toBe(280)
  for (const height of [280, 360]) {
    const set = settingsSchema.parse({ ...DEFAULT_SETTINGS, classesHeight: height })
    expect(partSize(set.classesHeight, 1000)).toBe(height)
    expect(partSize(set.classesHeight, 2000)).toBe(height)
  }
  // A double click makes it follow the window again.
  expect(partSize(AUTOMATIC.classesHeight, 2000)).toBe(720)
  expect(AUTOMATIC).toEqual({
    panelWidth: DEFAULT_SETTINGS.panelWidth,
    classesHeight: DEFAULT_SETTINGS.classesHeight,
    filmstripHeight: DEFAULT_SETTINGS.filmstripHeight,
  })
})
