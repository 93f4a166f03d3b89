import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { isWhole, isWholeImage } from './whole-image.ts'

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

test.each(formats)('a %s is whole to its last byte, and not one byte before', async (format) => {
  const bytes = await noise.clone().toFormat(format).toBuffer()
  expect(await isWhole([bytes], never)).toBe(true)
  for (const cut of [1, 2, 13, Math.floor(bytes.length / 2), bytes.length - 20])
    expect(
      await isWhole([bytes.subarray(0, bytes.length - cut)], truncated),
      `${cut} missing`,
    ).toBe(false)
})

test('what a camera writes behind the end is no fault, and a preview inside is no end', async () => {
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
