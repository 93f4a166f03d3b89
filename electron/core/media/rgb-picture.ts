import type { Size } from '#shared/geometry/clamp-shape.ts'
import { type Bitmap, readBitmap } from './bitmap.ts'
import { loadSharp } from './load-sharp.ts'
import { openPicture } from './open-picture.ts'

/**
 * A picture's pixels as displayed: upright, sRGB, without transparency, scaled to a size. RGB, three bytes per pixel.
 * Throws a UserError for a refused picture, and what the decoder throws.
 */
export async function readRgb(file: string, { width, height }: Size): Promise<Uint8Array> {
  const bitmap = await readBitmap(file)
  if (bitmap) return resizeBitmap(bitmap, { width, height })
  const { picture, metadata } = await openPicture(file, { failOn: 'none', sequentialRead: true })
  const upright = picture.autoOrient()
  // Deep greys (X-ray, depth) are stretched to the range of the screen, as on the canvas.
  const isDeep = metadata.depth === 'ushort' || metadata.depth === 'float'
  const pixels = await (isDeep ? upright.normalise() : upright)
    .resize({ width, height, fit: 'fill', kernel: 'linear' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer()
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
}

async function resizeBitmap({ data, ...from }: Bitmap, to: Size): Promise<Uint8Array> {
  const sharp = await loadSharp()
  const pixels = await sharp(data, { raw: { ...from, channels: 3 } })
    .resize({ ...to, fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
}
