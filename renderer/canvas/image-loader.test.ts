import { beforeEach, expect, test, vi } from 'vitest'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { loadImage, prefetchImage, readyImage, releaseImages } from './image-loader.ts'

let decoded: string[] = []
let bytes = 0
let peak = 0

function bitmap(width: number, height: number) {
  const size = width * height * 4
  let isOpen = true
  bytes += size
  peak = Math.max(peak, bytes)
  return {
    width,
    height,
    close: () => {
      if (isOpen) bytes -= size
      isOpen = false
    },
  }
}

vi.mock('#renderer/rpc/media.ts', () => ({ imageUrl: ({ id }: DatasetImage) => id }))
vi.stubGlobal('fetch', async (url: string) => ({ ok: true, blob: async () => url }))
vi.stubGlobal(
  'createImageBitmap',
  async (
    source: string | { width: number },
    options: { resizeWidth: number; resizeHeight: number },
  ) => {
    if (typeof source !== 'string') return bitmap(options.resizeWidth, options.resizeHeight)
    decoded.push(source)
    const [, width, height] = source.split(' ').map(Number)
    return bitmap(width, height)
  },
)

const image = (n: number, width = 9_000, height = 6_700) =>
  ({ id: `${n} ${width} ${height}`, width, height, problem: null, missing: false }) as DatasetImage

/** As the canvas does it: the neighbours are decoded once the image is on screen, the next one first. */
async function look(at: (n: number) => DatasetImage, n: number): Promise<boolean> {
  const wasReady = readyImage(at(n)) !== null
  await loadImage(at(n))
  prefetchImage(at(n + 1))
  prefetchImage(at(n - 1))
  // What was asked for ahead has come.
  await new Promise(setImmediate)
  return wasReady
}

beforeEach(async () => {
  releaseImages()
  await new Promise(setImmediate)
  decoded = []
  peak = bytes
})

test('images of 60 megapixels are decoded once each, found ahead, and stay within the budget', async () => {
  const found: boolean[] = []
  for (let n = 1; n <= 20; n++) found.push(await look(image, n))
  expect(found).toEqual([false, ...Array(19).fill(true)])
  // The one after the last was decoded ahead.
  expect(decoded).toHaveLength(21)
  expect(new Set(decoded).size).toBe(21)
  expect(peak).toBeLessThanOrEqual(800_000_000)
})

test('of small images both neighbours are there, and those before', async () => {
  const small = (n: number) => image(n, 1_000, 800)
  for (const n of [1, 2, 3, 2, 1]) await look(small, n)
  expect(decoded).toHaveLength(5)
  expect(await look(small, 0)).toBe(true)
})

test('a picture larger than the budget is shown, and nothing is kept beside it', async () => {
  await look(image, 1)
  const huge = image(2, 20_000, 15_000)
  const picture = await loadImage(huge)
  expect(picture.width).toBe(20_000)
  prefetchImage(image(3))
  expect(readyImage(image(3))).toBeNull()
  expect(readyImage(huge)).toBe(picture)
})

test('leaving the dataset gives all memory back', async () => {
  await look(image, 1)
  expect(bytes).toBeGreaterThan(0)
  releaseImages()
  await new Promise(setImmediate)
  expect(bytes).toBe(0)
})
