/** Reads the headers of an MP4 or MOV (ISO/IEC 14496-12): boxes with a size, a name and content. */

export interface VideoFacts {
  duration_seconds: number
  native_fps: number
  width: number
  height: number
  frame_count: number
}

function* boxes(data: Buffer): Generator<{ name: string; content: Buffer }> {
  for (let at = 0; at + 8 <= data.length; ) {
    const short = data.readUInt32BE(at)
    const isLong = short === 1 && at + 16 <= data.length
    const head = isLong ? 16 : 8
    const size = isLong
      ? Number(data.readBigUInt64BE(at + 8))
      : short === 0
        ? data.length - at
        : short
    if (size < head) return
    yield {
      name: data.toString('latin1', at + 4, at + 8),
      content: data.subarray(at + head, at + size),
    }
    at += size
  }
}

/** The content of a nested box, by the names of its path. */
function inside(data: Buffer, ...path: readonly string[]): Buffer | undefined {
  let found: Buffer | undefined = data
  for (const name of path)
    found = found && [...boxes(found)].find((one) => one.name === name)?.content
  return found
}

/** Seconds from a header with a time scale. Version 1 has longer fields. */
function secondsOf(header: Buffer): number {
  const isLong = header[0] === 1
  const scale = header.readUInt32BE(isLong ? 20 : 12)
  const length = isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16)
  return scale > 0 ? length / scale : 0
}

/** Null for a file that is not an MP4, or has no video. */
export function videoFacts(file: Buffer): VideoFacts | null {
  try {
    const movie = inside(file, 'moov')
    if (!movie) return null
    for (const { name, content: track } of boxes(movie)) {
      if (name !== 'trak') continue
      const kind = inside(track, 'mdia', 'hdlr')
      if (kind?.toString('latin1', 8, 12) !== 'vide') continue
      const header = inside(track, 'tkhd')
      const media = inside(track, 'mdia', 'mdhd')
      const times = inside(track, 'mdia', 'minf', 'stbl', 'stts')
      if (!header || !media || !times) return null
      const duration_seconds = secondsOf(media)
      let frame_count = 0
      for (let index = 0; index < times.readUInt32BE(4); index++)
        frame_count += times.readUInt32BE(8 + index * 8)
      return {
        duration_seconds,
        native_fps: duration_seconds > 0 ? frame_count / duration_seconds : 0,
        // The last two fields, as 16.16 fixed point.
        width: header.readUInt32BE(header.length - 8) >>> 16,
        height: header.readUInt32BE(header.length - 4) >>> 16,
        frame_count,
      }
    }
    return null
  } catch (error) {
    // Truncated within a header.
    if (error instanceof RangeError) return null
    throw error
  }
}
