// Writes the icon in the sizes and containers of each platform, from one SVG.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'out/icons')
const svg = readFileSync(join(root, 'renderer/icon.svg'))
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024]
/** Entries of Apple's ICNS container: type and PNG size in pixels. From `ic11` on they are for high-density screens. */
const ICNS_TYPES = {
  icp4: 16,
  icp5: 32,
  ic07: 128,
  ic08: 256,
  ic09: 512,
  ic11: 32,
  ic12: 64,
  ic13: 256,
  ic14: 512,
  ic10: 1024,
}
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256]

const png = (size) =>
  // Render each size from the vector, not by scaling down, so that thin lines stay sharp.
  sharp(svg, { density: Math.max(72, (72 * size) / 64) })
    .resize(size, size)
    .png()
    .toBuffer()
const pictures = new Map(await Promise.all(SIZES.map(async (size) => [size, await png(size)])))

/** `icns` and the total length, then each picture with its type and length, all big-endian. */
function icns() {
  const parts = Object.entries(ICNS_TYPES).map(([type, size]) => {
    const picture = pictures.get(size)
    const head = Buffer.alloc(8)
    head.write(type, 'latin1')
    head.writeUInt32BE(picture.length + 8, 4)
    return Buffer.concat([head, picture])
  })
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.write('icns', 'latin1')
  head.writeUInt32BE(body.length + 8, 4)
  return Buffer.concat([head, body])
}

/** ICONDIR with an entry of 16 bytes per picture, which may be a PNG since Windows Vista; little-endian. */
function ico() {
  const head = Buffer.alloc(6)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(ICO_SIZES.length, 4)
  let offset = head.length + ICO_SIZES.length * 16
  const entries = ICO_SIZES.map((size) => {
    const { length } = pictures.get(size)
    const entry = Buffer.alloc(16)
    // 0 means 256.
    entry.writeUInt8(size % 256, 0)
    entry.writeUInt8(size % 256, 1)
    entry.writeUInt16LE(1, 4)
    entry.writeUInt16LE(32, 6)
    entry.writeUInt32LE(length, 8)
    entry.writeUInt32LE(offset, 12)
    offset += length
    return entry
  })
  return Buffer.concat([head, ...entries, ...ICO_SIZES.map((size) => pictures.get(size))])
}

mkdirSync(join(folder, 'png'), { recursive: true })
for (const [size, picture] of pictures)
  writeFileSync(join(folder, 'png', `${size}x${size}.png`), picture)
writeFileSync(join(folder, 'icon.icns'), icns())
writeFileSync(join(folder, 'icon.ico'), ico())
