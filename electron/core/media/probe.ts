import type { ImageFacts } from '#core/cache/image-repository.ts'
import { toUserError } from '#core/user-error.ts'
import { bitmapHeader } from './bitmap-header.ts'
import { readHead } from './file-head.ts'
import { loadSharp } from './load-sharp.ts'
import { claimProblem, metadataProblem } from './picture-limits.ts'

export type Facts = Omit<ImageFacts, 'id'>

/**
 * For run-length encoding (BI_RLE8): two bytes for 255 pixels of one byte, or eight where a byte holds eight pixels.
 */
const MOST_PACKED_BMP = 1_024

const failed = (problem: string): Facts => ({ width: null, height: null, problem })

/** Windows bitmaps, which sharp cannot read. */
function bmpSize(head: Buffer, fileBytes: number): Facts | null {
  const header = bitmapHeader(head)
  if (!header) return null
  const { width, height, bits } = header
  const problem = claimProblem({
    width,
    height,
    bytesPerPixel: Math.max(8, bits) / 8,
    fileBytes,
    isStreamed: true,
    mostPacked: MOST_PACKED_BMP,
  })
  return problem === null ? { width, height, problem } : failed(problem)
}

/** Enough for the header of a bitmap, and to tell text from a picture. */
const HEAD_BYTES = 64

function looksLikeText(head: Buffer): boolean {
  return (
    head.length > 0 &&
    head.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13)
  )
}

/** The size in pixels after EXIF rotation, or why the image cannot be shown. Never throws. */
export async function probeImage(file: string): Promise<Facts> {
  try {
    const { head, fileBytes } = await readHead(file, HEAD_BYTES)
    if (fileBytes === 0)
      return failed('The file is empty (0 bytes). Copy it again from its source.')
    const bmp = bmpSize(head, fileBytes)
    if (bmp) return bmp
    if (looksLikeText(head))
      return failed('The file contains text, not an image. Its name may have the wrong extension.')
    const sharp = await loadSharp()
    const info = await sharp(file, { limitInputPixels: false }).metadata()
    if (info.format === 'heif' && info.compression !== 'av1')
      return failed(
        'HEIC images can’t be decoded on this computer. Convert the file to JPEG or PNG.',
      )
    // EXIF orientations 5 to 8 swap width and height.
    const turned = (info.orientation ?? 1) >= 5
    const width = turned ? info.height : info.width
    const height = turned ? info.width : info.height
    const problem = metadataProblem(info, fileBytes)
    if (problem !== null) return failed(problem)
    return { width, height, problem: null }
  } catch (error) {
    const known = toUserError(error)
    if (known.reason !== 'unexpected') return failed(`The file can’t be read. ${known.message}.`)
    return failed('The file is damaged, or in a format that can’t be shown.')
  }
}

/** The EXIF orientation, 1 (upright) to 8. Never throws. */
export async function probeOrientation(file: string): Promise<number> {
  try {
    const sharp = await loadSharp()
    return (await sharp(file, { limitInputPixels: false }).metadata()).orientation ?? 1
  } catch {
    return 1
  }
}
