import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { readRgb } from './rgb-picture.ts'

type Colour = readonly [red: number, green: number, blue: number]

interface Kind {
  bits: 1 | 4 | 8 | 24 | 32
  /** Rows from top to bottom, which a negative height declares. */
  isTopDown?: boolean
  /** BITMAPCOREHEADER, as OS/2 wrote it. */
  isCore?: boolean
  compression?: number
}

/** A Windows bitmap of pixels in rows from the top; with a palette, pixels are numbers of its colours. */
function bitmap(
  rows: readonly (readonly Colour[])[],
  palette: readonly Colour[],
  { bits, isTopDown = false, isCore = false, compression = 0 }: Kind,
): Buffer {
  const [width, height] = [rows[0].length, rows.length]
  const headerBytes = isCore ? 12 : 40
  const entryBytes = isCore ? 3 : 4
  const masks = compression === 3 ? 12 : 0
  const start = 14 + headerBytes + masks + (bits <= 8 ? palette.length * entryBytes : 0)
  const rowBytes = Math.ceil((width * bits) / 32) * 4
  const bytes = Buffer.alloc(start + rowBytes * height)
  bytes.write('BM')
  bytes.writeUInt32LE(start, 10)
  bytes.writeUInt32LE(headerBytes, 14)
  if (isCore) {
    bytes.writeUInt16LE(width, 18)
    bytes.writeUInt16LE(height, 20)
    bytes.writeUInt16LE(bits, 24)
  } else {
    bytes.writeInt32LE(width, 18)
    bytes.writeInt32LE(isTopDown ? -height : height, 22)
    bytes.writeUInt16LE(bits, 28)
    bytes.writeUInt32LE(compression, 30)
    if (masks > 0)
      for (const [index, mask] of [0xff0000, 0xff00, 0xff].entries())
        bytes.writeUInt32LE(mask, 54 + 4 * index)
  }
  if (bits <= 8)
    for (const [index, [red, green, blue]] of palette.entries())
      bytes.set([blue, green, red], 14 + headerBytes + index * entryBytes)
  for (const [y, row] of rows.entries()) {
    const at = start + rowBytes * (isTopDown ? y : height - 1 - y)
    for (const [x, colour] of row.entries()) {
      const [red, green, blue] = colour
      if (bits > 8) bytes.set([blue, green, red], at + (x * bits) / 8)
      else bytes[at + ((x * bits) >> 3)] |= palette.indexOf(colour) << (8 - bits - ((x * bits) % 8))
    }
  }
  return bytes
}

const PALETTE: readonly Colour[] = [
  [255, 0, 0],
  [0, 128, 255],
]
const KINDS: readonly Kind[] = [
  ...([1, 4, 8, 24, 32] as const).flatMap((bits): Kind[] => [{ bits }, { bits, isTopDown: true }]),
  { bits: 8, isCore: true },
  { bits: 24, isCore: true },
  { bits: 32, compression: 3 },
]

test('bitmaps of every uncompressed kind have the pixels that were written', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.bmp')
  const size = fc.integer({ min: 1, max: 19 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...KINDS),
      size,
      size,
      fc.array(fc.nat(1), { minLength: 19 * 19, maxLength: 19 * 19 }),
      async (kind, width, height, numbers) => {
        const rows = Array.from({ length: height }, (_, y) =>
          Array.from({ length: width }, (_, x) => PALETTE[numbers[y * width + x]]),
        )
        writeFileSync(file, bitmap(rows, PALETTE, kind))
        expect([...(await readRgb(file, { width, height }))]).toEqual(rows.flat(2))
      },
    ),
  )
})

test('a bitmap is scaled to the size that a model wants', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.bmp')
  const rows = Array.from({ length: 40 }, () => Array.from({ length: 60 }, () => PALETTE[1]))
  writeFileSync(file, bitmap(rows, PALETTE, { bits: 24 }))
  const pixels = await readRgb(file, { width: 12, height: 8 })
  expect([...pixels]).toEqual(Array.from({ length: 96 }, () => PALETTE[1]).flat())
})

test.each([
  ['compressed', { bits: 8, compression: 1 } as const, (bytes: Buffer) => bytes, /8 bits.*Save it/],
  ['truncated', { bits: 24 } as const, (bytes: Buffer) => bytes.subarray(0, -1), /ends before/],
])('a %s bitmap says what is wrong and what to do', async (_, kind, change, message) => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.bmp')
  writeFileSync(file, change(bitmap([[PALETTE[0]]], PALETTE, kind)))
  await expect(readRgb(file, { width: 1, height: 1 })).rejects.toThrow(message)
})
