import type { Dice } from './dice.ts'

const LONG = 150_000

/** Numbers as text that readers trip over. */
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1e9',
  '1e308',
  '1e999',
  '-1e999',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '99999999999999999999999999',
  '0.1e-400',
  'NaN',
  'Infinity',
  '-Infinity',
  '0x7fffffff',
  '1_000',
]

/** Names that are paths, commands, devices, or not text. */
export const NAMES = [
  '..',
  '../../../../tmp/x',
  '/etc/passwd',
  'C:\\Windows\\x.png',
  '\\\\server\\share\\x.png',
  'a/../../b.png',
  '.bashrc',
  '.ssh/authorized_keys',
  'CON',
  'nul.png',
  'COM1.txt',
  'a.png.',
  'a.png ',
  'a\u0000b.png',
  '\u202egnp.exe',
  'A.PNG',
  'a\u0301.png',
  '\u00e1.png',
  '\ufb01.png',
  'a.png.json',
  'a.png.part',
  'data.yaml',
  '__proto__',
  'constructor',
  '\ud800.png',
  'a:b.png',
  '<img src=x onerror=alert(1)>.png',
  '\u001b[2J.png',
  '%2e%2e%2fx.png',
  '-rf',
  '',
  ' ',
  '\n',
]

export function hostileName(dice: Dice): string {
  switch (dice.below(8)) {
    case 0:
      return 'n'.repeat(dice.one([255, 256, 4_096, LONG]))
    case 1:
      return '/'.repeat(dice.one([2, 1_000, 50_000]))
    case 2:
      return `${'d/'.repeat(dice.one([10, 500, 5_000]))}x.png`
    case 3:
      return String.fromCodePoint(...Array.from({ length: 12 }, () => dice.below(0x2fff) + 1))
    case 4:
      return `${dice.one(NAMES)}/${dice.one(NAMES)}`
    default:
      return dice.one(NAMES)
  }
}

const nested = (depth: number, open: string, close: string) =>
  open.repeat(depth) + close.repeat(depth)

/** A JSON value as text, of any kind and size. */
function hostileValue(dice: Dice): string {
  switch (dice.below(12)) {
    case 0:
    case 1:
      return dice.one(NUMBERS)
    case 2:
      return JSON.stringify(hostileName(dice))
    case 3:
      return nested(dice.one([100, 2_000, 50_000]), '[', ']')
    case 4:
      return `${nested(dice.one([100, 2_000, 20_000]), '{"a":', '').replaceAll('}', '')}1${'}'.repeat(10)}`
    case 5:
      return `[${Array.from({ length: dice.one([3, 1_000, 50_000]) }, () => dice.one(NUMBERS)).join(',')}]`
    case 6:
      return 'null'
    case 7:
      return 'true'
    case 8:
      return '{}'
    case 9:
      return '[]'
    case 10:
      return `"${'x'.repeat(LONG)}"`
    default:
      return `{"__proto__":{"x":1},"constructor":${dice.one(NUMBERS)}}`
  }
}

/** A value of JSON text: a number, a text, or a word. */
const VALUE = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\]|\\.)*"|true|false|null/g

/** Changes some values of JSON text, without parsing it, so that any text comes out. */
export function mutateJson(dice: Dice, text: string): string {
  const places = [...text.matchAll(VALUE)]
  if (places.length === 0) return hostileValue(dice)
  let result = text
  for (let change = dice.below(3); change >= 0; change--) {
    const { index, 0: value } = dice.one(places)
    // Earlier changes moved it; then another place is hit, which is as good.
    result = result.slice(0, index) + hostileValue(dice) + result.slice(index + value.length)
  }
  return result
}

const NUMBER = /-?\d+(?:\.\d+)?/g

/** Changes text of lines, tables or tags. */
export function mutateText(dice: Dice, text: string): string {
  const numbers = [...text.matchAll(NUMBER)]
  const at = dice.below(text.length + 1)
  switch (dice.below(9)) {
    case 0:
    case 1:
    case 2: {
      if (numbers.length === 0) return text
      const { index, 0: value } = dice.one(numbers)
      return text.slice(0, index) + dice.one(NUMBERS) + text.slice(index + value.length)
    }
    case 3:
      return text.slice(0, at)
    case 4:
      return text.slice(0, at) + hostileName(dice) + text.slice(at)
    case 5:
      return (
        text.slice(0, at) +
        dice.one([' ', '\n', '0.5 ', ',', '<a>', '&a;']).repeat(20_000) +
        text.slice(at)
      )
    case 6: {
      const lines = text.split('\n')
      const line = dice.one(lines)
      return `${text}\n${`${line.slice(0, 200)}\n`.repeat(2_000)}`
    }
    case 7:
      return `<!DOCTYPE a [<!ENTITY a "${'x'.repeat(1_000)}"><!ENTITY b "${'&a;'.repeat(1_000)}"><!ENTITY c "${'&b;'.repeat(1_000)}">]>${text.replace(/>[^<]/, '>&c;')}`
    default:
      return text.slice(0, at) + String.fromCharCode(dice.below(0x10000)) + text.slice(at + 1)
  }
}

/** Flips, cuts, repeats and inserts bytes. */
export function mutateBytes(dice: Dice, given: Buffer): Buffer {
  let bytes = Buffer.from(given)
  for (let change = dice.below(4); change >= 0; change--) {
    // Headers are at the beginning.
    const at = dice.chance(0.7) ? dice.below(Math.min(128, bytes.length)) : dice.below(bytes.length)
    switch (dice.below(7)) {
      case 0:
      case 1:
        if (bytes.length > 0) bytes[at] ^= 1 << dice.below(8)
        break
      case 2:
        bytes = bytes.subarray(0, at)
        break
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          dice.bytes(dice.below(64)),
          bytes.subarray(at),
        ])
        break
      case 4:
        bytes.fill(
          dice.one([0, 0x7f, 0xff]),
          at,
          Math.min(bytes.length, at + dice.one([1, 2, 4, 8])),
        )
        break
      case 5:
        bytes = Buffer.concat([bytes, bytes.subarray(at)])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + dice.below(32))])
    }
    if (bytes.length === 0) return bytes
    bytes = Buffer.from(bytes)
  }
  return bytes
}
