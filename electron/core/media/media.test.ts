import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { coreWithImages, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { probeImage } from './probe.ts'

describe('reading an image file', () => {
  test.each([
    ['empty.png', Buffer.alloc(0), /empty \(0 bytes\)/],
    ['text.jpg', Buffer.from('hello, I am a text file and no picture'), /contains text/],
    ['damaged.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4]), /damaged/],
  ])('%s says what is wrong', async (name, content, message) => {
    using folder = temporaryFolder()
    const file = join(folder.path, name)
    writeFileSync(file, content)
    const facts = await probeImage(file)
    expect(facts).toMatchObject({ width: null, height: null })
    expect(facts.problem).toMatch(message)
  })

  test('gives the size after EXIF rotation', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.jpg')
    await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .toFile(file)
    expect(await probeImage(file)).toEqual({ width: 30, height: 40, problem: null })
  })

  test('reads the size of bitmaps, top-down or bottom-up', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.bmp')
    const head = Buffer.alloc(64)
    head.write('BM')
    head.writeUInt32LE(40, 14)
    head.writeInt32LE(12, 18)
    head.writeInt32LE(-7, 22)
    writeFileSync(file, head)
    expect(await probeImage(file)).toEqual({ width: 12, height: 7, problem: null })
  })
})

describe('the media handler', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Request(`http://local${path}`, { headers })

  test('answers with ranges and tags', async () => {
    await using setup = await coreWithImages(['a.png'])
    const [image] = setup.list()
    const path = `/media/image/${image.id}`
    const whole = await setup.core.media(get(path))
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'image/png'])
    const part = await setup.core.media(get(path, { range: 'bytes=1-3' }))
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 1-3/${bytes.length}`,
    ])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1, 4))
    const tail = await setup.core.media(get(path, { range: 'bytes=-2' }))
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(bytes.subarray(-2))
    expect((await setup.core.media(get(path, { range: 'bytes=999999-' }))).status).toBe(416)
    const etag = whole.headers.get('etag') ?? ''
    expect((await setup.core.media(get(path, { 'if-none-match': etag }))).status).toBe(304)
    expect(
      (await setup.core.media(get(path, { range: 'bytes=0-0', 'if-range': '"old"' }))).status,
    ).toBe(200)
  })

  test('knows images by id only', async () => {
    await using setup = await coreWithImages(['a.png'])
    for (const path of [
      '/media/image/../../etc/passwd',
      '/media/image/%2e%2e%2f',
      '/media/other/x',
      '/media/image/',
    ])
      expect((await setup.core.media(get(path))).status).toBe(404)
  })

  test('makes upright thumbnails, each only once', async () => {
    await using setup = await coreWithImages(['a.png'])
    const [image] = setup.list()
    const ask = () => setup.core.media(get(`/media/thumbnail/${image.id}?width=20`))
    const [first, second] = await Promise.all([ask(), ask()])
    const { width } = await sharp(Buffer.from(await first.arrayBuffer())).metadata()
    expect(width).toBe(40)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
  })

  test('converts pictures that a browser cannot show', async () => {
    await using setup = await coreWithImages(['deep.tiff'])
    const deep = Buffer.from(Uint16Array.from({ length: 100 }, (_, index) => index * 20).buffer)
    await sharp(deep, { raw: { width: 10, height: 10, channels: 1 } })
      .toColourspace('grey16')
      .tiff()
      .toFile(join(setup.folder, 'deep.tiff'))
    await setup.core.library.open(setup.datasetId)
    await setup.core.library.settled(setup.datasetId)
    const [image] = setup.list()
    const response = await setup.core.media(get(`/media/image/${image.id}`))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png'])
    const { channels } = await sharp(Buffer.from(await response.arrayBuffer())).stats()
    expect(channels[0].max).toBeGreaterThan(200)
  })

  test.each([
    ['turned.webp', 'webp'],
    // A file name does not tell the format.
    ['photo.jpg', 'webp'],
    ['scan.jpg', 'tiff'],
    ['photo.jpeg', 'jpeg'],
  ] as const)('%s, a turned %s, is upright in a browser', async (name, format) => {
    await using setup = await coreWithImages(['first.png'])
    const turned = await sharp({
      create: { width: 40, height: 20, channels: 3, background: 'red' },
    })
      .withMetadata({ orientation: 6 })
      .toFormat(format)
      .toBuffer()
    writeFileSync(join(setup.folder, name), turned)
    await setup.core.library.open(setup.datasetId)
    await setup.core.library.settled(setup.datasetId)
    const image = setup.list().find(({ path }) => path === name)
    expect(image).toMatchObject({ width: 20, height: 40, problem: null })
    const response = await setup.core.media(get(`/media/image/${image?.id}`))
    const shown = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
    // Chromium applies only the orientation of JPEG and PNG; others must be stored upright.
    const isTurned = shown.format === 'jpeg' && (shown.orientation ?? 1) >= 5
    expect(['jpeg', 'png', 'webp']).toContain(shown.format)
    expect(shown.orientation ?? 1).toBe(isTurned ? 6 : 1)
    expect(isTurned ? [shown.height, shown.width] : [shown.width, shown.height]).toEqual([20, 40])
  })

  test('shows an image of 400 megapixels at a reduced size', { timeout: 120_000 }, async () => {
    await using setup = await coreWithImages(['small.png'])
    await sharp({
      create: { width: 20_000, height: 20_000, channels: 3, background: '#336699' },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 1 })
      .toFile(join(setup.folder, 'huge.png'))
    await setup.core.library.open(setup.datasetId)
    await setup.core.library.settled(setup.datasetId)
    const huge = setup.list().find(({ path }) => path === 'huge.png')
    expect(huge).toMatchObject({ width: 20_000, height: 20_000, problem: null })
    const response = await setup.core.media(get(`/media/image/${huge?.id}`))
    const { width } = await sharp(Buffer.from(await response.arrayBuffer())).metadata()
    expect(width).toBe(8192)
  })

  test('a missing file gives a readable answer', async () => {
    await using setup = await coreWithImages(['a.png'])
    const [image] = setup.list()
    await setup.core.library.folders.close(setup.datasetId)
    const { rmSync } = await import('node:fs')
    rmSync(join(setup.folder, 'a.png'))
    const response = await setup.core.media(get(`/media/image/${image.id}`))
    expect(response.status).toBe(422)
    expect(await response.text()).toMatch(/a\.png: Not found/)
  })
})

test('a picture is written completely or not at all', async () => {
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'x.png'))
  expect((await probeImage(join(folder.path, 'x.png'))).problem).toBeNull()
})
