import { open, readFile } from 'node:fs/promises'
import { openPicture } from '#core/media/open-picture.ts'

/** PNG, third edition, 11.2.1: the chunk that ends a file. */
const PNG_END = Buffer.from([0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
/** Bytes needed at either end to find the marks. */
const MARK_BYTES = 16
const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/**
 * Checks cheaply, by the marks of its format, whether an image file has its end. `unknown` if the format has no end
 * mark, or if data follows it.
 */
export function looksWhole(
  head: Buffer,
  tail: Buffer,
  sizeBytes: number,
): 'yes' | 'no' | 'unknown' {
  if (sizeBytes === 0) return 'no'
  // JPEG (ITU T.81, B.1.1.3): SOI and EOI; cameras may write more after it.
  if (head[0] === 0xff && head[1] === 0xd8)
    return tail.at(-2) === 0xff && tail.at(-1) === 0xd9 ? 'yes' : 'unknown'
  if (head.subarray(0, 4).equals(PNG_START))
    return tail.subarray(-8).equals(PNG_END) ? 'yes' : 'unknown'
  // RIFF stores its own length.
  if (head.toString('latin1', 0, 4) === 'RIFF')
    return head.readUInt32LE(4) + 8 <= sizeBytes ? 'yes' : 'no'
  if (head.toString('latin1', 0, 3) === 'GIF') return tail.at(-1) === 0x3b ? 'yes' : 'unknown'
  return 'unknown'
}

const [SOS, EOI] = [0xda, 0xd9]

/**
 * Checks whether a JPEG has its end, wherever that is. It walks the segments, because an embedded preview has its own
 * end; entropy-coded data cannot contain a marker (ITU T.81, B.1.1.5). A decoder cannot decide this: it fills missing
 * data with grey, and does not always report it.
 */
export function jpegEnds(bytes: Buffer): boolean {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return false
    if (bytes[at + 1] === SOS) return bytes.includes(Buffer.from([0xff, EOI]), at + 4)
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return false
}

/** The same for a file on disk; if the marks do not decide, `decodes` does. */
export async function isWholeImage(
  file: string,
  decodes: (bytes: Buffer) => Promise<boolean>,
): Promise<boolean> {
  const verdict = await (async () => {
    await using handle = await open(file)
    const { size } = await handle.stat()
    const head = Buffer.alloc(MARK_BYTES)
    const tail = Buffer.alloc(MARK_BYTES)
    await handle.read(head, 0, MARK_BYTES, 0)
    const { bytesRead } = await handle.read(tail, 0, MARK_BYTES, Math.max(0, size - MARK_BYTES))
    return looksWhole(head, tail.subarray(0, bytesRead), size)
  })()
  if (verdict !== 'unknown') return verdict === 'yes'
  return isWhole([await readFile(file)], decodes)
}

/** Total bytes of the chunks. */
export const lengthOf = (chunks: readonly Buffer[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0)

/** The same for an image in memory, in chunks: by the format's marks, otherwise by `decodes`. */
export async function isWhole(
  chunks: readonly Buffer[],
  decodes: (bytes: Buffer) => Promise<boolean>,
): Promise<boolean> {
  const [first, last] = [chunks[0], chunks.at(-1)]
  if (first === undefined || last === undefined) return false
  // Join the chunks only if needed, because that copies everything.
  const isLong = first.length >= MARK_BYTES && last.length >= MARK_BYTES
  const joined = isLong ? null : Buffer.concat(chunks)
  const [head, tail] = [joined ?? first, joined ?? last]
  const verdict = looksWhole(
    head.subarray(0, MARK_BYTES),
    tail.subarray(-MARK_BYTES),
    lengthOf(chunks),
  )
  if (verdict !== 'unknown') return verdict === 'yes'
  const bytes = joined ?? Buffer.concat(chunks)
  if (bytes[0] === 0xff) return jpegEnds(bytes)
  return bytes.subarray(0, 4).equals(PNG_START) ? bytes.includes(PNG_END) : decodes(bytes)
}

/** BITMAPFILEHEADER and BITMAPINFOHEADER (Microsoft, "Bitmap Storage") up to the field that names the compression. */
const BMP_HEADER_BYTES = 34

/**
 * Many BMP files state a wrong length, so for uncompressed ones count the pixels; trust the length only for
 * compressed ones.
 */
function bmpHasItsEnd(bytes: Buffer): boolean {
  if (bytes.length < BMP_HEADER_BYTES) return false
  const pixelsAt = bytes.readUInt32LE(10)
  if (bytes.readUInt32LE(14) < 40 || bytes.readUInt32LE(30) !== 0)
    return Math.max(bytes.readUInt32LE(2), pixelsAt + 1) <= bytes.length
  const rowBytes = Math.ceil((bytes.readInt32LE(18) * bytes.readUInt16LE(28)) / 32) * 4
  return pixelsAt + rowBytes * Math.abs(bytes.readInt32LE(22)) <= bytes.length
}

/** HEIC and similar files are a sequence of boxes, each with its length (ISO/IEC 14496-12, 4.2). */
function boxesHaveTheirEnd(bytes: Buffer): boolean {
  const kinds = new Set<string>()
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) return false
    const short = bytes.readUInt32BE(at)
    if (short === 1 && at + 16 > bytes.length) return false
    // 0: to the end of the file. 1: a 64-bit length follows the name.
    const length =
      short === 0 ? bytes.length - at : short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short
    if (length < 8 || at + length > bytes.length) return false
    kinds.add(bytes.toString('latin1', at + 4, at + 8))
    at += length
  }
  return kinds.has('ftyp') && kinds.has('meta')
}

/** Checks whether an image decodes to its end. Formats without a decoder here are checked by their structure. */
export async function decodes(name: string, bytes: Buffer): Promise<boolean> {
  if (bytes.toString('latin1', 0, 2) === 'BM') return bmpHasItsEnd(bytes)
  if (bytes.toString('latin1', 4, 8) === 'ftyp' && !boxesHaveTheirEnd(bytes)) return false
  try {
    const { picture, metadata } = await openPicture(bytes, {
      failOn: 'truncated',
      sequentialRead: true,
    })
    if (metadata.format === 'heif' && metadata.compression !== 'av1') return true
    // Decode by rows, because the full pixels may not fit into memory.
    await picture.resize({ width: 16, height: 16, fit: 'fill' }).raw().toBuffer()
    return true
  } catch {
    return /\.hei[cf]$/i.test(name) && boxesHaveTheirEnd(bytes)
  }
}
