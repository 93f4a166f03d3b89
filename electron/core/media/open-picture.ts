import { stat } from 'node:fs/promises'
import type { SharpOptions } from 'sharp'
import { loadSharp } from './load-sharp.ts'
import {
  DECODE_SECONDS,
  MAX_IMAGE_PIXELS,
  metadataProblem,
  refusePicture,
} from './picture-limits.ts'

/**
 * A picture to be decoded, after its header was looked at: what it claims is data of somebody else. Decoding ends after
 * a time. Every decoding begins here. Throws a UserError for what is not decoded, and what the decoder throws.
 */
export async function openPicture(input: string | Buffer, options: SharpOptions = {}) {
  const sharp = await loadSharp()
  const fileBytes = typeof input === 'string' ? (await stat(input)).size : input.length
  const metadata = await sharp(input, { limitInputPixels: false }).metadata()
  refusePicture(metadataProblem(metadata, fileBytes))
  const picture = sharp(input, { ...options, limitInputPixels: MAX_IMAGE_PIXELS })
  return { picture: picture.timeout({ seconds: DECODE_SECONDS }), metadata }
}
