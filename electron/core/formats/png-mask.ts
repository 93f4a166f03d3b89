import { decode as decodePng } from 'fast-png'
import type { Mask } from '#shared/geometry/raster.ts'
import { FormatError } from './format-error.ts'
import { requireAtMost } from './limits.ts'

/** A picture in a label file: 10,000 × 10,000, which takes up to 800 MB at 16 bits of four channels. */
const MOST_PIXELS = 100_000_000

/** Samples of a PNG, one number for each channel of each pixel, of 1 to 16 bits. */
export interface PngSamples {
  width: number
  height: number
  channels: number
  values: Uint8Array | Uint16Array
  /** Colours by value, where the values are numbers of a palette. */
  palette: number[][] | null
}

/** The header tells the size before anything is unpacked (PNG, 11.2.2). Throws a FormatError. */
function requireSize(bytes: Uint8Array): void {
  if (bytes.length < 24) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  requireAtMost(view.getUint32(16) * view.getUint32(20), MOST_PIXELS, 'pixels', '')
}

/** Decodes a PNG of any depth: values of fewer than 8 bits are packed, row by row (PNG, 7.2). Throws a FormatError. */
export function pngSamples(bytes: Uint8Array): PngSamples {
  requireSize(bytes)
  let png: ReturnType<typeof decodePng>
  try {
    png = decodePng(bytes)
  } catch (error) {
    throw new FormatError('', `is not a PNG that can be read: ${String(error)}`)
  }
  const { width, height, channels, depth } = png
  const palette = (png.palette as number[][] | undefined) ?? null
  if (depth >= 8)
    return { width, height, channels, palette, values: png.data as Uint8Array | Uint16Array }
  const values = new Uint8Array(width * height)
  const stride = Math.ceil((width * depth) / 8)
  const highest = (1 << depth) - 1
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      const byte = png.data[y * stride + (bit >> 3)]
      values[y * width + x] = (byte >> (8 - depth - (bit & 7))) & highest
    }
  return { width, height, channels: 1, palette, values }
}

/** A picture as a mask: pixels that are not black are inside. Throws a FormatError. */
export const pngMask = (bytes: Uint8Array): Mask => inkOf(pngSamples(bytes))

function inkOf({ width, height, channels, values, palette }: PngSamples): Mask {
  // The last of 2 or 4 channels tells how much is seen through, no more.
  const colours = channels === 2 || channels === 4 ? channels - 1 : channels
  const data = new Uint8Array(width * height)
  for (let index = 0; index < data.length; index++) {
    const first = values[index * channels]
    const isOn = palette
      ? (palette[first] ?? []).slice(0, 3).some((value) => value > 0)
      : Array.from({ length: colours }).some((_, channel) => values[index * channels + channel] > 0)
    data[index] = isOn ? 1 : 0
  }
  return { width, height, data }
}

/** The opaque pixels as a mask. In a picture without an alpha channel all pixels count that are not black. */
export function opaquePixels(samples: PngSamples): Mask {
  const { width, height, channels, values } = samples
  if (channels !== 2 && channels !== 4) return inkOf(samples)
  const data = new Uint8Array(width * height)
  for (let index = 0; index < data.length; index++)
    data[index] = values[index * channels + channels - 1] > 0 ? 1 : 0
  return { width, height, data }
}
