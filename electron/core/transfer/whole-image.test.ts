import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { decodes, isWhole, isWholeImage } from './whole-image.ts'

const noise = sharp({
  create: {
    width: 64,
    height: 48,
    channels: 3,
    background: 'red',
    noise: { type: 'gaussian', mean: 128, sigma: 40 },
  },
})
const formats = ['jpeg', 'png', 'webp', 'gif'] as const
const never = async () => {
  throw new Error('The marks must tell')
}
const truncated = async () => false

test.each(formats)(
  'a %s is complete with its last byte, and not one byte before',
  async (format) => {
    const bytes = await noise.clone().toFormat(format).toBuffer()
    expect(await isWhole([bytes], never)).toBe(true)
    for (const cut of [1, 2, 13, Math.floor(bytes.length / 2), bytes.length - 20])
      expect(
        await isWhole([bytes.subarray(0, bytes.length - cut)], truncated),
        `${cut} missing`,
      ).toBe(false)
  },
)

test('data after the end is allowed, and an embedded preview’s end does not count', async () => {
  const thumbnail = await noise.clone().resize(8).jpeg().toBuffer()
  const plain = await noise.clone().jpeg().toBuffer()
  const length = Buffer.alloc(2)
  length.writeUInt16BE(thumbnail.length + 2)
  const bytes = Buffer.concat([
    plain.subarray(0, 2),
    Buffer.from([0xff, 0xe1]),
    length,
    thumbnail,
    plain.subarray(2),
    Buffer.from('made by a camera'),
  ])
  expect(await isWhole([bytes], never)).toBe(true)
  expect(await isWhole([bytes.subarray(0, thumbnail.length + 200)], never)).toBe(false)
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.jpg')
  writeFileSync(file, bytes)
  expect(await isWholeImage(file, never)).toBe(true)
})

/** A 24-bit BMP with a length in its header, as most programs write it. */
function bmp(width: number, height: number, told?: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4
  const bytes = Buffer.alloc(54 + row * height, 0x7f)
  bytes.write('BM', 0, 'latin1')
  bytes.writeUInt32LE(told ?? bytes.length, 2)
  bytes.writeUInt32LE(0, 6)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(-height, 22)
  bytes.writeUInt16LE(24, 28)
  bytes.writeUInt32LE(0, 30)
  return bytes
}

function box(kind: string, content: Buffer, isLong = false): Buffer {
  const head = Buffer.alloc(isLong ? 16 : 8)
  head.writeUInt32BE(isLong ? 1 : 8 + content.length)
  head.write(kind, 4, 'latin1')
  if (isLong) head.writeBigUInt64BE(BigInt(16 + content.length), 8)
  return Buffer.concat([head, content])
}

test('a truncated BMP or HEIC, and a web page with such a name, are incomplete', async () => {
  const bitmap = bmp(40, 30)
  const isWholeAs = (name: string, bytes: Buffer) => isWhole([bytes], (all) => decodes(name, all))
  expect(await isWholeAs('a.bmp', bitmap)).toBe(true)
  // Written without a length.
  expect(await isWholeAs('a.bmp', bmp(40, 30, 0))).toBe(true)
  const heic = Buffer.concat([
    box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1')),
    box('meta', Buffer.alloc(300)),
    box('mdat', Buffer.alloc(5_000, 1), true),
  ])
  expect(await isWholeAs('a.heic', heic)).toBe(true)
  for (const [name, bytes] of [
    ['a.bmp', bitmap],
    ['a.bmp', bmp(40, 30, 0)],
    ['a.heic', heic],
  ] as const)
    for (const cut of [1, 20, 1_000, bytes.length - 30])
      expect(await isWholeAs(name, bytes.subarray(0, -cut)), `${name}, ${cut} missing`).toBe(false)
  const page = Buffer.from('<!doctype html><html><title>Sign in</title></html>')
  for (const name of ['a.bmp', 'a.heic', 'a.jpg', 'a.png', 'a.tif'])
    expect(await isWholeAs(name, page), name).toBe(false)
})
