import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { counted, plural, setTexts, t } from './texts.ts'

afterEach(() => setTexts('en', null))

test('placeholders are filled; null renders as nothing, and a missing value stays visible', () => {
  expect(t('{count} of {total}', { count: 1, total: 2 })).toBe('1 of 2')
  expect(t('{a}{b}{c}{d}', { a: false, b: null, c: undefined, d: 0 })).toBe('0')
  expect(t('{name}')).toBe('{name}')
  expect(t('{name}', { name: '{other}', other: 'x' })).toBe('{other}')
  expect(t('{toString}')).toBe('{toString}')
})

test('another language has its own word order and plural forms', () => {
  setTexts('pl', {
    texts: { '{count} of {total}': 'z {total}: {count}' },
    plurals: {
      image: { one: '{count} obraz', few: '{count} obrazy', other: '{count} obrazów' },
    },
  })
  expect(t('{count} of {total}', { count: 1, total: 2 })).toBe('z 2: 1')
  expect(t('Saved')).toBe('Saved')
  expect([1, 2, 5].map((count) => counted(count, 'image'))).toEqual([
    '1 obraz',
    '2 obrazy',
    '5 obrazów',
  ])
  expect(counted(2, 'shape')).toBe('2 shapes')
})

test('a sentence has the form that its count asks for, in each language', () => {
  const said = (count: number) =>
    plural(count, 'There is {count} image in {name}.', 'There are {count} images in {name}.', {
      name: 'a',
    })
  expect([0, 1, 2, 5].map(said)).toEqual([
    'There are 0 images in a.',
    'There is 1 image in a.',
    'There are 2 images in a.',
    'There are 5 images in a.',
  ])
  setTexts('pl', {
    texts: {},
    plurals: {
      'There are {count} images in {name}.': {
        one: '{name}: {count} obraz',
        few: '{name}: {count} obrazy',
        other: '{name}: {count} obrazów',
      },
    },
  })
  expect([1, 3, 5].map(said)).toEqual(['a: 1 obraz', 'a: 3 obrazy', 'a: 5 obrazów'])
})

test('the catalogue has every text that the code says', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../scripts/texts.mjs'), '--check'],
    { encoding: 'utf8' },
  )
  expect([status, stdout]).toEqual([0, ''])
})
