import { createReadStream } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { UserError } from '#core/user-error.ts'
import { bitmapHeader } from './bitmap-header.ts'
import { readHead } from './file-head.ts'
import { claimProblem } from './picture-limits.ts'

/** After this many pixels other work gets its turn. */
const PIXELS_AT_ONCE = 250_000

/** RGB, three bytes per pixel, from the top row to the bottom row. */
export interface Bitmap {
  data: Buffer
  width: number
  height: number
}

const BI_RGB = 0
const BI_BITFIELDS = 3
const MASKS_AT = 54
/** Red, green and blue of 32-bit pixels in their usual order. */
const USUAL_MASKS = [0xff0000, 0xff00, 0xff]

/** So many bytes hold the header and the masks after it. */
const HEAD_BYTES = 138

/** The first bytes of a file; what follows may be of any size. */
async function readStart(file: string, length: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of createReadStream(file, { end: length - 1 })) pieces.push(piece)
  return Buffer.concat(pieces)
}

/**
 * The pixels of an uncompressed Windows bitmap ([MS-WMF] 2.2.2), which sharp cannot read; null: the file is no bitmap.
 * Throws a UserError for a bitmap of another kind, and for a damaged one.
 */
export async function readBitmap(file: string): Promise<Bitmap | null> {
  const { head, fileBytes } = await readHead(file, HEAD_BYTES)
  const header = bitmapHeader(head)
  if (!header) return null
  const { width, height, bits, compression, isTopDown, paletteAt, paletteEntryBytes } = header
  const problem = claimProblem({
    ...{ width, height, bytesPerPixel: 3, fileBytes },
    isStreamed: false,
    mostPacked: null,
  })
  if (problem !== null) throw new UserError('picture', problem)
  const hasUsualMasks =
    compression === BI_BITFIELDS &&
    bits === 32 &&
    head.length >= MASKS_AT + 12 &&
    USUAL_MASKS.every((mask, index) => head.readUInt32LE(MASKS_AT + 4 * index) === mask)
  if (!(compression === BI_RGB && [1, 4, 8, 24, 32].includes(bits)) && !hasUsualMasks)
    throw new UserError(
      'picture',
      `Models can’t read this kind of BMP file (${bits} bits per pixel, compression ${compression}). Save it as a PNG or as a BMP with 24 bits.`,
    )
  const rowBytes = Math.ceil((width * bits) / 32) * 4
  const start = head.readUInt32LE(10)
  const end = start + rowBytes * height
  if (end > fileBytes)
    throw new UserError(
      'picture',
      'The BMP file ends before its last pixel. Copy it again from its source.',
    )
  const bytes = await readStart(file, end)
  const data = Buffer.allocUnsafe(width * height * 3)
  const paletteSize = bits <= 8 ? Math.floor((start - paletteAt) / paletteEntryBytes) : 0
  const indexMask = (1 << Math.min(bits, 8)) - 1
  const copyPixel = (row: number, column: number, to: number) => {
    let from = row + (column * bits) / 8
    if (bits <= 8) {
      const shift = 8 - bits - ((column * bits) % 8)
      const index = ((bytes[Math.floor(from)] ?? 0) >> shift) & indexMask
      from = paletteAt + Math.min(index, paletteSize - 1) * paletteEntryBytes
    }
    data[to] = bytes[from + 2] ?? 0
    data[to + 1] = bytes[from + 1] ?? 0
    data[to + 2] = bytes[from] ?? 0
  }
  for (let y = 0, done = 0; y < height; y++) {
    const row = start + rowBytes * (isTopDown ? y : height - 1 - y)
    for (let x = 0; x < width; x++) copyPixel(row, x, (y * width + x) * 3)
    done += width
    if (done < PIXELS_AT_ONCE) continue
    done = 0
    await turn()
  }
  return { data, width, height }
}
