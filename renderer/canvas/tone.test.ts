import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filterOf, isPlain, toneTable } from './tone.ts'

const PLAIN = { brightness: 0, contrast: 0, gamma: 1 }

test('nothing asked for changes nothing', () => {
  expect([...toneTable(PLAIN)]).toEqual(Array.from({ length: 256 }, (_, value) => value))
  expect(isPlain(PLAIN)).toBe(true)
  expect(filterOf(PLAIN)).toBe('none')
  expect(filterOf({ ...PLAIN, gamma: 2 })).toMatch(/^url\(#/)
})

test('a darker value never comes out lighter than a lighter one', () => {
  const within = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true })
  const tone = fc.record({
    brightness: within(-1, 1),
    contrast: within(-1, 1),
    gamma: within(0.2, 5),
  })
  fc.assert(
    fc.property(tone, (wanted) => {
      const table = toneTable(wanted)
      for (let value = 1; value < 256; value++)
        expect(table[value]).toBeGreaterThanOrEqual(table[value - 1])
    }),
  )
})

test('brightness lifts, contrast spreads, gamma lifts the shadows', () => {
  expect(toneTable({ ...PLAIN, brightness: 0.2 })[100]).toBe(151)
  const sharp = toneTable({ ...PLAIN, contrast: 0.5 })
  expect([sharp[64], sharp[192]]).toEqual([0, 255])
  const lifted = toneTable({ ...PLAIN, gamma: 2 })
  expect([lifted[0], lifted[64], lifted[255]]).toEqual([0, 128, 255])
})
