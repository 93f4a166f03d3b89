import type { Metadata } from 'sharp'
import { UserError } from '#core/user-error.ts'

/** Larger images would not fit into this process; the format's own limits are beyond it. */
export const MAX_IMAGE_PIXELS = 1_000_000_000
/** A decoder holds whole rows: some of this width are a gigabyte. Pixels. */
const MAX_SIDE = 200_000
/** What is decoded row by row may be larger than memory; the rest is there at once. Bytes. */
const MAX_BYTES_AT_ONCE = 1_200_000_000
/** Smaller pictures are decoded whatever they claim. Bytes. */
const HARMLESS_BYTES = 64_000_000
/**
 * Bytes of pixels for a byte of the file. Deflate packs 1,032 into one (RFC 1951: 258 bytes in two bits), and a pixel of
 * one bit is a byte here; what claims more has no data for it.
 */
const MOST_PACKED = 10_000
/** A solid colour takes these no space to speak of. */
const UNLIMITED_PACKING = new Set(['webp', 'heif', 'jxl', 'jp2'])
/** Formats whose pictures are made of pixels; others draw, or read further files. */
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

/** How long a decoder may take for one picture. Seconds. */
export const DECODE_SECONDS = 60

export interface PictureClaim {
  width: number
  height: number
  /** Of a decoded pixel. */
  bytesPerPixel: number
  /** Of the file. */
  fileBytes: number
  /** Rows come one by one, so that the whole never is in memory. */
  isStreamed: boolean
  /** How many bytes of pixels a byte of the file can stand for; null: any number. */
  mostPacked: number | null
}

/** Why a picture is not decoded, in words, from what its header says; null: it is. */
export function claimProblem(claim: PictureClaim): string | null {
  const { width, height, bytesPerPixel, fileBytes, isStreamed, mostPacked } = claim
  const size = `${width} × ${height} pixels`
  if (!(width >= 1 && height >= 1)) return 'The file is damaged: its picture has no size.'
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_IMAGE_PIXELS)
    return `The image has ${size}, more than can be shown. Cut it into tiles.`
  const bytes = width * height * bytesPerPixel
  if (bytes <= HARMLESS_BYTES) return null
  if (mostPacked !== null && bytes / Math.max(1, fileBytes) > mostPacked)
    return `The file is damaged: it claims ${size}, and its ${fileBytes.toLocaleString('en')} bytes cannot hold them.`
  if (!isStreamed && bytes > MAX_BYTES_AT_ONCE)
    return `The image has ${size} in a form that has to be decoded at once, more than fits into memory. Save it as a PNG without interlacing or a baseline JPEG, or cut it into tiles.`
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

/** The same for what the decoder read of a header. */
export function metadataProblem(info: Metadata, fileBytes: number): string | null {
  if (!READ.has(info.format)) return `Files of the kind ${info.format} are not opened as images.`
  return claimProblem({
    width: info.width,
    height: info.height,
    bytesPerPixel: (info.channels ?? 4) * (BYTES_OF_DEPTH[info.depth ?? 'uchar'] ?? 16),
    fileBytes,
    isStreamed: ['jpeg', 'png', 'tiff'].includes(info.format) && !info.isProgressive,
    mostPacked: UNLIMITED_PACKING.has(info.format) ? null : MOST_PACKED,
  })
}

/** Throws a UserError for a picture that is not decoded. */
export function refusePicture(problem: string | null): void {
  if (problem !== null) throw new UserError('picture_refused', problem)
}
