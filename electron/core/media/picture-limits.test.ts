import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodes } from '#core/transfer/whole-image.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import { claimProblem } from './picture-limits.ts'
import { probeImage } from './probe.ts'

function chunk(kind: string, data: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  const tail = Buffer.alloc(4)
  tail.writeUInt32BE(crc32(body))
  return Buffer.concat([head, body, tail])
}

/** A tiny PNG that claims a size. `colour`: 0 grey, 2 RGB, 6 RGBA. */
function png(
  width: number,
  height: number,
  { colour = 2, depth = 8, interlaced = 0 } = {},
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlaced], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function bmp(width: number, height: number, bits = 24, compression = 0): Buffer {
  const head = Buffer.alloc(70)
  head.write('BM')
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(bits, 28)
  head.writeUInt32LE(compression, 30)
  return head
}

/** A TIFF with one LZW strip that claims a size (TIFF 6.0, section 2). */
function tiff(width: number, height: number, samples = 3): Buffer {
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 5],
    [262, 3, 1, samples >= 3 ? 2 : 1],
    [273, 4, 1, 200],
    [277, 3, 1, samples],
    [278, 4, 1, height],
    [279, 4, 1, 20],
  ]
  const file = Buffer.alloc(222)
  file.write('II*\0', 0, 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(entries.length, 8)
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + index * 12
    file.writeUInt16LE(tag, at)
    file.writeUInt16LE(type, at + 2)
    file.writeUInt32LE(count, at + 4)
    file.writeUInt32LE(value, at + 8)
  }
  return file
}

/** Changes the size in the frame header of a small JPEG (ITU T.81, B.2.2). */
async function jpeg(width: number, height: number): Promise<Buffer> {
  const create = { width: 8, height: 8, channels: 3 as const, background: 'red' }
  const file = await sharp({ create }).jpeg().toBuffer()
  const at = file.indexOf(Buffer.from([0xff, 0xc0]))
  file.writeUInt16BE(height, at + 5)
  file.writeUInt16BE(width, at + 7)
  return file
}

const HOSTILE: [name: string, make: () => Buffer | Promise<Buffer>][] = [
  ['wide.png', () => png(999_999, 1_000)],
  ['tall.png', () => png(1_000, 999_999)],
  ['long.png', () => png(2_147_483_647, 1)],
  ['square.png', () => png(31_000, 31_000)],
  ['deep.png', () => png(30_000, 30_000, { colour: 6, depth: 16 })],
  ['grey.png', () => png(100_000, 9_000, { colour: 0 })],
  ['interlaced.png', () => png(20_000, 20_000, { interlaced: 1 })],
  ['medium.png', () => png(8_000, 8_000)],
  ['huge.bmp', () => bmp(2_147_483_647, -2_147_483_648)],
  ['row.bmp', () => bmp(2_147_483_647, 1)],
  ['runs.bmp', () => bmp(30_000, 30_000, 8, 1)],
  ['square.bmp', () => bmp(20_000, 20_000)],
  ['claims.tiff', () => tiff(60_000, 16_000)],
  ['claims-grey.tiff', () => tiff(100_000, 9_999, 1)],
  ['beyond.tiff', () => tiff(4_000_000_000, 4_000_000_000)],
  ['claims.jpg', () => jpeg(65_500, 15_000)],
  ['beyond.jpg', () => jpeg(65_535, 65_535)],
  ['png named.jpg', () => png(999_999, 1_000)],
  ['tiff named.png', () => tiff(60_000, 16_000)],
]

describe('small files that claim huge pictures', () => {
  test.each(HOSTILE)('%s is refused before it is decoded', async (name, make) => {
    using folder = temporaryFolder()
    const file = join(folder.path, name)
    const bytes = await make()
    writeFileSync(file, bytes)
    const before = process.memoryUsage.rss()
    const start = performance.now()
    const facts = await probeImage(file)
    expect(facts.problem).toMatch(/pixels|damaged/)
    expect(facts.width).toBeNull()
    // Uploads and downloads check completeness here.
    if (/^(claims.*|beyond|square|huge|row)\.(tiff|bmp)$/.test(name))
      expect(await decodes(name, bytes)).toBe(false)
    expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000)
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  test('neither its thumbnail nor its rendition is made', async () => {
    await using setup = await coreWithImages(['first.png'])
    const names = HOSTILE.map(([name]) => name).filter((name) => !name.endsWith('.bmp'))
    for (const [name, make] of HOSTILE) writeFileSync(join(setup.folder, name), await make())
    await setup.core.library.open(setup.datasetId)
    await setup.core.library.settled(setup.datasetId)
    const before = process.memoryUsage.rss()
    for (const image of setup.list().filter(({ path }) => names.includes(path))) {
      expect(image.problem, image.path).not.toBeNull()
      const answer = await setup.core.media(
        new Request(`http://local/media/thumbnail/${image.id}?width=160`),
      )
      expect([image.path, answer.status]).toEqual([image.path, 422])
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(300_000_000)
  })
})

test('an image of one colour may have any size', async () => {
  using folder = temporaryFolder()
  for (const [name, width, height] of [
    ['mask.png', 6_000, 4_000],
    ['blank.webp', 6_000, 4_000],
    ['blank.tiff', 6_000, 4_000],
    ['blank.jpg', 6_000, 4_000],
  ] as const) {
    const file = join(folder.path, name)
    const picture = sharp({
      create: { width, height, channels: 3, background: 'black' },
      limitInputPixels: false,
    })
    await (name === 'blank.tiff' ? picture.tiff({ compression: 'deflate' }) : picture).toFile(file)
    expect(await probeImage(file), name).toEqual({ width, height, problem: null })
  }
})

test('pictures decoded in memory have a separate limit', () => {
  const claim = {
    width: 30_000,
    height: 30_000,
    bytesPerPixel: 3,
    fileBytes: 50_000_000,
    mostPacked: 10_000,
  }
  expect(claimProblem({ ...claim, isStreamed: true })).toBeNull()
  expect(claimProblem({ ...claim, isStreamed: false })).toMatch(/as a whole/)
})
