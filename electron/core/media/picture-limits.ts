import type { Metadata } from 'sharp'
import { UserError } from '#core/user-error.ts'

/** Larger images would not fit in this process; the formats allow more. */
export const MAX_IMAGE_PIXELS = 1_000_000_000
/** A decoder holds whole rows; a few rows of this width take a gigabyte. Pixels. */
const MAX_SIDE = 200_000
/** Pictures decoded row by row may be larger than memory; others must fit. Bytes. */
const MAX_BYTES_AT_ONCE = 1_200_000_000
/** Smaller pictures are always decoded. Bytes. */
const HARMLESS_BYTES = 64_000_000
/**
 * Maximum pixel bytes per file byte. Deflate packs 1,032 bytes into one (RFC 1951: 258 bytes in two bits), and a
 * one-bit pixel takes a byte here; a picture that claims more cannot have the data for it.
 */
const MOST_PACKED = 10_000
/** These formats store a solid colour in almost no space. */
const UNLIMITED_PACKING = new Set(['webp', 'heif', 'jxl', 'jp2'])
/** Raster formats. Others draw, or read further files. */
const READ = new Set([
  'jpeg',
  'png',
  'webp',
  'gif',
  'tiff',
  'heif',
  'jp2',
  'jxl',
  'ppm',
  'fits',
  'rad',
])

/** Maximum time to decode one picture. Seconds. */
export const DECODE_SECONDS = 60

export interface PictureClaim {
  width: number
  height: number
  /** Bytes of a decoded pixel. */
  bytesPerPixel: number
  /** Bytes of the file. */
  fileBytes: number
  /** Decoded row by row, so that it is never in memory as a whole. */
  isStreamed: boolean
  /** Maximum pixel bytes per file byte; null: unlimited. */
  mostPacked: number | null
}

/** Why a picture is refused, according to its header; null: it is accepted. */
export function claimProblem(claim: PictureClaim): string | null {
  const { width, height, bytesPerPixel, fileBytes, isStreamed, mostPacked } = claim
  const size = `${width} × ${height} pixels`
  if (!(width >= 1 && height >= 1)) return 'The file is damaged: the image has no size.'
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_IMAGE_PIXELS)
    return `The image has ${size}, more than the app can show. Cut it into tiles.`
  const bytes = width * height * bytesPerPixel
  if (bytes <= HARMLESS_BYTES) return null
  if (mostPacked !== null && bytes / Math.max(1, fileBytes) > mostPacked)
    return `The file is damaged: it claims ${size}, and its ${fileBytes.toLocaleString('en')} bytes cannot hold them.`
  if (!isStreamed && bytes > MAX_BYTES_AT_ONCE)
    return `The image has ${size} and must be decoded as a whole, which needs too much memory. Save it as a PNG without interlacing or a baseline JPEG, or cut it into tiles.`
  return null
}

const BYTES_OF_DEPTH: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
}

/** The same for the metadata that the decoder read. */
export function metadataProblem(info: Metadata, fileBytes: number): string | null {
  if (!READ.has(info.format)) return `Files of type ${info.format} can’t be opened as images.`
  return claimProblem({
    width: info.width,
    height: info.height,
    bytesPerPixel: (info.channels ?? 4) * (BYTES_OF_DEPTH[info.depth ?? 'uchar'] ?? 16),
    fileBytes,
    isStreamed: ['jpeg', 'png', 'tiff'].includes(info.format) && !info.isProgressive,
    mostPacked: UNLIMITED_PACKING.has(info.format) ? null : MOST_PACKED,
  })
}

/** Throws a UserError if there is a problem. */
export function refusePicture(problem: string | null): void {
  if (problem !== null) throw new UserError('picture_refused', problem)
}
