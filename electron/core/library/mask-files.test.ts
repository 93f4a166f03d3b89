import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { palettePng } from '#core/formats/png-write.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { scanFolder } from './scan.ts'

const SIZE = { width: 80, height: 60 }

/** Noise, which has as many colours as a photo. `grey`: without colours. */
function photo(grey = false): Promise<Buffer> {
  const channels = grey ? 1 : 3
  const data = Buffer.alloc(SIZE.width * SIZE.height * channels)
  for (let at = 0; at < data.length; at++) data[at] = (at * 7919 + (at >> 3) * 31) % 251
  return sharp(data, { raw: { ...SIZE, channels } })
    .png()
    .toBuffer()
}

/** Two classes on a background. */
const numbers = (size = SIZE) => ({
  ...size,
  values: Uint32Array.from({ length: size.width * size.height }, (_, at) => at % 3),
})
const PALETTE = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 255, 0],
]
const mask = async (size = SIZE) => Buffer.from(palettePng(numbers(size), PALETTE))
const colouredMask = async () =>
  sharp(await mask())
    .toColourspace('srgb')
    .png()
    .toBuffer()
const greyMask = async () =>
  sharp(Buffer.from(numbers().values), { raw: { ...SIZE, channels: 1 } })
    .png()
    .toBuffer()

async function scanned(pictures: Record<string, () => Promise<Buffer>>): Promise<string[]> {
  using folder = temporaryFolder()
  for (const [path, make] of Object.entries(pictures)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), await make())
  }
  const paths: string[] = []
  for await (const { files } of scanFolder(folder.path))
    paths.push(...files.map(({ path }) => path))
  return paths.sort()
}

test.each([
  ['Pascal VOC', 'JPEGImages/a.png', 'SegmentationClass/a.png', mask],
  ['Pascal VOC, objects', 'JPEGImages/a.png', 'SegmentationObject/a.png', mask],
  ['CVAT, in colours', 'JPEGImages/a.png', 'SegmentationClass/a.png', colouredMask],
  ['a folder of masks', 'images/train/a.png', 'masks/train/a.png', greyMask],
  ['a folder of masks with names of their own', 'imgs/a.png', 'masks/a_mask.png', greyMask],
  ['ADE20K', 'images/training/a.png', 'annotations/training/a.png', greyMask],
  ['Roboflow', 'train/a.png', 'train/a_mask.png', greyMask],
  ['COCO panoptic', 'val2017/a.png', 'annotations/panoptic_val2017/a.png', colouredMask],
])('masks beside their images are not listed: %s', async (_, image, path, make) => {
  expect(await scanned({ [image]: photo, [path]: make })).toEqual([image])
})

test.each([
  [
    'photos of the class “mask”, called like those of another',
    'no_mask/1.png',
    'mask/1.png',
    photo,
  ],
  ['photos in grey', 'no_mask/1.png', 'mask/1.png', () => photo(true)],
  ['a mask of another size', 'images/1.png', 'masks/1.png', () => mask({ width: 20, height: 30 })],
  ['pictures of few colours without an image of their name', 'images/1.png', 'masks/2.png', mask],
  ['photos among labels', 'images/1.png', 'labels/1.png', photo],
])('pictures where masks may lie are listed: %s', async (_, image, path, make) => {
  expect(await scanned({ [image]: photo, [path]: make })).toEqual([image, path].sort())
})

test('one photo among the masks of a folder shows that it holds pictures', async () => {
  const pictures = { 'a/1.png': photo, 'a/2.png': photo, 'mask/1.png': mask, 'mask/2.png': photo }
  expect(await scanned(pictures)).toEqual(Object.keys(pictures))
})
