/** A box of an MP4. */
const mp4Box = (name: string, ...content: Buffer[]): Buffer => {
  const data = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length + 8)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, data])
}
const words = (...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    data.writeUInt32BE(value, index * 4)
  })
  return data
}
const handler = (kind: string) => mp4Box('hdlr', words(0, 0), Buffer.from(kind), words(0, 0, 0))

/** The headers of a clip of 64 × 48 pixels, three seconds of 25 frames; the sound track comes first. */
export const CLIP = Buffer.concat([
  mp4Box('ftyp', Buffer.from('isom')),
  mp4Box('mdat', Buffer.alloc(100)),
  mp4Box(
    'moov',
    mp4Box('mvhd', words(0, 0, 0, 1000, 3000)),
    mp4Box('trak', mp4Box('mdia', handler('soun'))),
    mp4Box(
      'trak',
      mp4Box('tkhd', Buffer.alloc(76), words(64 << 16, 48 << 16)),
      mp4Box(
        'mdia',
        mp4Box('mdhd', words(0, 0, 0, 600, 1800)),
        handler('vide'),
        mp4Box('minf', mp4Box('stbl', mp4Box('stts', words(0, 2, 50, 24, 25, 24)))),
      ),
    ),
  ),
])
