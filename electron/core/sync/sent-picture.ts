import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { isSendable, PICTURE_LIMIT_BYTES, type Picture } from '#core/api/file-form.ts'
import { openPicture } from '#core/media/open-picture.ts'
import { UserError } from '#core/user-error.ts'

/** The service's model works on about a thousand pixels a side, so a larger picture adds little. */
const FIRST_SIDE = 4_096
/** In a smaller picture, small objects could no longer be seen. */
const LEAST_SIDE = 512
const QUALITY = 90

/** A picture to be sent, and how much smaller it is than the upright picture of its file; 1: the same size. */
export interface SentPicture {
  picture: string | Picture
  sx: number
  sy: number
}

/**
 * What is sent of a local picture: the file itself if the service accepts its type and size, otherwise a JPEG
 * rendition that fits. `limitBytes`: the service's limit. Throws a UserError, and what the decoder throws.
 */
export async function sentPicture(
  file: string,
  limitBytes = PICTURE_LIMIT_BYTES,
): Promise<SentPicture> {
  if (isSendable(file) && (await stat(file)).size <= limitBytes)
    return { picture: file, sx: 1, sy: 1 }
  for (let side = FIRST_SIDE; side >= LEAST_SIDE; side = Math.floor(side * 0.7)) {
    const { picture, metadata } = await openPicture(file, { failOn: 'none', sequentialRead: true })
    const upright = picture.autoOrient()
    // Deep greys (X-ray, depth) are stretched to the range of the screen, as on the canvas.
    const isDeep = metadata.depth === 'ushort' || metadata.depth === 'float'
    const { data, info } = await (isDeep ? upright.normalise() : upright)
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .jpeg({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true })
    if (data.length > limitBytes) continue
    const { width, height } = metadata.autoOrient
    const name = `${basename(file).replace(/\.[^.]*$/, '')}.jpg`
    return {
      picture: { name, type: 'image/jpeg', bytes: data },
      sx: info.width / width,
      sy: info.height / height,
    }
  }
  throw new UserError(
    'too_large',
    `“${basename(file)}” cannot be made small enough for the service. Label it by hand.`,
  )
}
