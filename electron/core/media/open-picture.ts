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
 * Opens a picture for decoding. It checks the header first, because its claims are untrusted, and limits the decoding
 * time. All decoding starts here. Throws a UserError for a refused picture, and what the decoder throws.
 */
export async function openPicture(input: string | Buffer, options: SharpOptions = {}) {
  const sharp = await loadSharp()
  const fileBytes = typeof input === 'string' ? (await stat(input)).size : input.length
  const metadata = await sharp(input, { limitInputPixels: false }).metadata()
  refusePicture(metadataProblem(metadata, fileBytes))
  const picture = sharp(input, { ...options, limitInputPixels: MAX_IMAGE_PIXELS })
  return { picture: picture.timeout({ seconds: DECODE_SECONDS }), metadata }
}
