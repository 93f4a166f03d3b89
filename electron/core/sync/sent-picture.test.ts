import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { scaledAsk } from './assist.ts'
import { sentPicture } from './sent-picture.ts'

/** Noise, which does not compress. */
const noise = (width: number, height: number) =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 90 },
    },
  })

test('a file that the service accepts is sent as it is', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.png')
  await noise(40, 30).toFile(file)
  expect(await sentPicture(file)).toEqual({ picture: file, sx: 1, sy: 1 })
})

test('a file beyond the limit becomes a JPEG below it, upright', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'large.photo.jpg')
  // Stored lying; shown upright as 600 × 1200.
  await noise(1_200, 600).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(file)
  const limit = 200_000
  const { picture, sx, sy } = await sentPicture(file, limit)
  if (typeof picture === 'string') throw new Error('The file itself was sent')
  expect(picture).toMatchObject({ name: 'large.photo.jpg', type: 'image/jpeg' })
  expect(picture.bytes.length).toBeLessThanOrEqual(limit)
  const { width, height, format, orientation } = await sharp(picture.bytes).metadata()
  expect([format, orientation ?? 1]).toEqual(['jpeg', 1])
  expect([width / 600, height / 1_200]).toEqual([sx, sy])
  expect(sx).toBeLessThan(1)
})

test('a type that the service does not accept becomes a JPEG of the same size', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.avif')
  await noise(64, 48).avif().toFile(file)
  const { picture, sx, sy } = await sentPicture(file)
  expect(picture).toMatchObject({ name: 'a.jpg', type: 'image/jpeg' })
  expect([sx, sy]).toEqual([1, 1])
})

test('a picture that no size makes small enough is refused with its name', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.png')
  await noise(900, 900).toFile(file)
  await expect(sentPicture(file, 1_000)).rejects.toThrow(/a\.png.*small enough/)
  writeFileSync(join(folder.path, 'b.heic'), 'no picture')
  await expect(sentPicture(join(folder.path, 'b.heic'))).rejects.toThrow()
})

test('points and boxes are given in pixels of the picture that is sent', () => {
  const scale = { sx: 0.5, sy: 0.25 }
  expect(
    scaledAsk({ kind: 'point', positive: [{ x: 10, y: 40 }], negative: [{ x: 2, y: 4 }] }, scale),
  ).toEqual({ kind: 'point', positive: [{ x: 5, y: 10 }], negative: [{ x: 1, y: 1 }] })
  expect(scaledAsk({ kind: 'box', box: { x: 10, y: 40, w: 4, h: 8 } }, scale)).toEqual({
    kind: 'box',
    box: { x: 5, y: 10, w: 2, h: 2 },
  })
  const text = { kind: 'text', prompt: 'dog', output: 'bbox' } as const
  expect(scaledAsk(text, scale)).toEqual(text)
})
