import fc from 'fast-check'
import { expect, test } from 'vitest'
import { terminalJson, terminalLine, terminalLines } from './terminal-text.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

test.each([
  ['\u001b[2J\u001b[H', String.raw`\u001b[2J\u001b[H`],
  ['\u001b]0;title\u0007', String.raw`\u001b]0;title\u0007`],
  ['\u009b31m', String.raw`\u009b31m`],
  ['a\rb', String.raw`a\u000db`],
  ['a\bb', String.raw`a\u0008b`],
  ['invoice\u202egnp.exe', String.raw`invoice\u202egnp.exe`],
  ['a\u2028b', String.raw`a\u2028b`],
  ['Ünïcode 😀 名', 'Ünïcode 😀 名'],
])('%j shows what it is', (text, shown) => {
  expect(terminalLine(text)).toBe(shown)
  expect(terminalLines(text)).toBe(shown)
})

test('a name cannot start a new line', () => {
  expect(terminalLine('a.png\nfailed: nothing')).toBe(String.raw`a.png\nfailed: nothing`)
  expect(terminalLines('a\nb')).toBe('a\nb')
})

test('no input leaves control characters, and JSON keeps its meaning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(terminalLines(text)).not.toMatch(OBEYED)
      expect(terminalLine(text)).not.toMatch(/[\n\t]/)
      const json = terminalJson({ text })
      expect(json).not.toMatch(OBEYED)
      expect(JSON.parse(json)).toEqual({ text })
    }),
  )
})
