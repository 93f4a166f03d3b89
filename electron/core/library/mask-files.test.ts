import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, expect, test, vi } from 'vitest'
import { palettePng } from '#core/formats/png-write.ts'
import { probeImage } from '#core/media/probe.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { MaskLooks } from './mask-looks.ts'
import { type ScanOptions, scanFolder } from './scan.ts'

vi.mock('#core/media/probe.ts', { spy: true })

afterEach(() => {
  vi.restoreAllMocks()
  vi.clearAllMocks()
})

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

type Pictures = Record<string, () => Buffer | Promise<Buffer>>

async function write(root: string, pictures: Pictures): Promise<void> {
  for (const [path, make] of Object.entries(pictures)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), await make())
  }
}

async function listed(root: string, options?: ScanOptions): Promise<string[]> {
  const paths: string[] = []
  for await (const { files } of scanFolder(root, options))
    paths.push(...files.map(({ path }) => path))
  return paths.sort()
}

async function scanned(pictures: Pictures): Promise<string[]> {
  using folder = temporaryFolder()
  await write(folder.path, pictures)
  return await listed(folder.path)
}

/** Videos, each with frames of the same names. */
async function videos(
  count: number,
  frames: number,
  pathOf: (kind: string, video: number) => string,
) {
  const [image, itsMask] = await Promise.all([photo(), mask()])
  const pictures: Pictures = {}
  for (let video = 0; video < count; video++)
    for (let frame = 0; frame < frames; frame++) {
      pictures[`${pathOf('images', video)}/${frame}.png`] = () => image
      pictures[`${pathOf('masks', video)}/${frame}.png`] = () => itsMask
    }
  return pictures
}

const broken = () => Buffer.from('\x89PNG broken')

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

/** Pictures `0.png`, `1.png` and so on in a directory. */
const numbered = (directory: string, count: number, make: Pictures[string]): Pictures =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${directory}/${at}.png`, make]))

test.each([
  ['labels/seg', 'labels/photos'],
  ['masks/train', 'masks/overlay'],
  ['masks', 'masks/overlay'],
  ['annotations', 'annotations/rgb'],
])('each directory is judged alone: masks in %s, pictures in %s', async (masks, photos) => {
  const [image, itsMask] = await Promise.all([photo(), mask()])
  const images = numbered('images', 60, () => image)
  const pictures = numbered(photos, 3, () => image)
  const others = numbered(masks, 60, () => itsMask)
  expect(await scanned({ ...images, ...pictures, ...others })).toEqual(
    Object.keys({ ...images, ...pictures }).sort(),
  )
})

test('a few odd ones among many masks are masks', async () => {
  const [image, itsMask, other] = await Promise.all([
    photo(),
    mask(),
    mask({ width: 20, height: 30 }),
  ])
  const images = numbered('images', 60, () => image)
  const masks = numbered('masks', 60, () => itsMask)
  for (const at of [5, 25, 45]) masks[`masks/${at}.png`] = () => other
  expect(await scanned({ ...images, ...masks })).toEqual(Object.keys(images).sort())
})

test('a few odd ones are masks too if there are so many directories that few of each are looked into', async () => {
  const other = await mask({ width: 20, height: 30 })
  const pictures = await videos(90, 12, (kind, video) => `vid${video}/${kind}`)
  for (let video = 0; video < 90; video++) pictures[`vid${video}/masks/5.png`] = () => other
  const images = Object.keys(pictures).filter((path) => path.includes('images'))
  expect(await scanned(pictures)).toEqual(images.sort())
})

test.each<[string, (video: number) => string, (video: number) => boolean]>([
  [
    'in folders of their own',
    (video) => `labels/${video % 2 ? 'seg' : 'photos'}/vid${video}`,
    (video) => video % 2 === 0,
  ],
  ['in some directories', (video) => `vid${video}/masks`, (video) => video % 50 === 0],
])(
  'pictures among more directories of masks than can be looked into are listed: %s',
  async (_, directoryOf, isPhoto) => {
    const [image, itsMask] = await Promise.all([photo(), mask()])
    const pictures: Pictures = {}
    const expected: string[] = []
    for (let video = 0; video < 300; video++) {
      const path = `${directoryOf(video)}/0.png`
      pictures[`images/vid${video}/0.png`] = () => image
      pictures[path] = () => (isPhoto(video) ? image : itsMask)
      expected.push(`images/vid${video}/0.png`)
      if (isPhoto(video)) expected.push(path)
    }
    expect(await scanned(pictures)).toEqual(expected.sort())
  },
)

test('a mask that cannot be read says nothing about the others', async () => {
  const pictures = { 'images/1.png': photo, 'images/2.png': photo, 'images/3.png': photo }
  const masks = { 'masks/1.png': mask, 'masks/2.png': broken, 'masks/3.png': mask }
  expect(await scanned({ ...pictures, ...masks })).toEqual(Object.keys(pictures))
})

test('pictures are listed if none of their folder can be read', async () => {
  const pictures = { 'images/1.png': photo, 'masks/1.png': broken }
  expect(await scanned(pictures)).toEqual(Object.keys(pictures))
})

test('each mask is compared with its own image, though names repeat in each video', async () => {
  const small = () => mask({ width: 20, height: 30 })
  const pictures = {
    'train/images/vid1/0.png': photo,
    'train/images/vid2/0.png': small,
    'train/masks/vid1/0.png': mask,
    'train/masks/vid2/0.png': small,
    'val/images/vid1/0.png': small,
    'val/masks/vid1/0.png': small,
  }
  expect(await scanned(pictures)).toEqual(
    Object.keys(pictures).filter((path) => path.includes('images')),
  )
})

test('four times as many videos take four times as many steps to pair', async () => {
  const stepsOf = async (count: number) => {
    using folder = temporaryFolder()
    await write(folder.path, await videos(count, 4, (kind, video) => `train/${kind}/vid${video}`))
    const spies = (['toLowerCase', 'startsWith', 'endsWith'] as const).map((name) =>
      vi.spyOn(String.prototype, name),
    )
    expect(await listed(folder.path)).toHaveLength(4 * count)
    const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
    vi.restoreAllMocks()
    return calls
  }
  const few = await stepsOf(30)
  expect(await stepsOf(120)).toBeLessThan(6 * few)
})

test('however many folders of masks there are, some hundred are looked into, and unchanged ones never again', async () => {
  using folder = temporaryFolder()
  await write(folder.path, await videos(300, 2, (kind, video) => `vid${video}/${kind}`))
  const looks = new MaskLooks()
  expect(await listed(folder.path, { looks })).toHaveLength(600)
  expect(vi.mocked(probeImage).mock.calls.length).toBeLessThanOrEqual(512)
  vi.mocked(probeImage).mockClear()
  expect(await listed(folder.path, { looks })).toHaveLength(600)
  expect(probeImage).not.toHaveBeenCalled()
  writeFileSync(join(folder.path, 'vid7/masks/more.png'), await mask())
  writeFileSync(join(folder.path, 'vid7/images/more.png'), await photo())
  expect(await listed(folder.path, { looks })).toHaveLength(601)
  expect(vi.mocked(probeImage).mock.calls.length).toBeLessThanOrEqual(2)
})

test('looking into masks stops with its signal, and shows each step', async () => {
  using folder = temporaryFolder()
  await write(folder.path, await videos(20, 2, (kind, video) => `vid${video}/${kind}`))
  const abort = new AbortController()
  let steps = 0
  const onStep = () => {
    steps++
    if (vi.mocked(probeImage).mock.calls.length > 0) abort.abort()
  }
  expect(await listed(folder.path, { signal: abort.signal, onStep })).toHaveLength(40)
  expect(steps).toBeGreaterThan(0)
  // Those that were looked into at the same time.
  expect(vi.mocked(probeImage).mock.calls.length).toBeLessThanOrEqual(8)
})

test('a mask is noted while it is read, and one that is not to be read is not', async () => {
  using folder = temporaryFolder()
  await write(folder.path, { 'images/1.png': photo, 'masks/1.png': mask })
  const paths = [join(folder.path, 'masks/1.png'), join(folder.path, 'images/1.png')] as const
  const steps: string[] = []
  const noting = new MaskLooks((file) => {
    steps.push(`begin ${file}`)
    return { [Symbol.dispose]: () => void steps.push('end') }
  })
  expect(await noting.look(...paths)).toBe(true)
  expect(steps).toEqual([`begin ${paths[0]}`, 'end'])
  expect(await new MaskLooks(() => null).look(...paths)).toBeNull()
})
