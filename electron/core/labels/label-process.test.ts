import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startForked } from '#hosts/host-node/forked-process.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import type { LabelBatch } from './label-orders.ts'
import { LabelProcess } from './label-process.ts'

const IMAGE = { path: 'a.jpg', width: 100, height: 100, file: null }

function cocoWith(images: number, annotations: number): string {
  return JSON.stringify({
    images: Array.from({ length: images }, (_, id) => ({ id, file_name: `${id}.jpg` })),
    categories: [{ id: 1, name: 'a' }],
    annotations: Array.from({ length: annotations }, (_, id) => ({
      ...{ id, image_id: id % images, category_id: 1 },
      bbox: [1, 1, 5, 5],
    })),
  })
}

async function batchesOf(reader: LabelProcess, count: number): Promise<LabelBatch[]> {
  const batches: LabelBatch[] = []
  const numbers = Array.from({ length: count }, (_, number) => number)
  for await (const batch of reader.read(numbers)) batches.push(batch)
  return batches
}

test('labels come in batches, each image once, with what could not be read at the end', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.json')
  writeFileSync(file, cocoWith(200, 2_000).replace('"bbox":[1,1,5,5]', '"bbox":[1]'))
  await using reader = new LabelProcess(startForked)
  await reader.know([{ ...IMAGE, path: '7.jpg' }])
  const opened = await reader.open({ path: file, imageRoot: '', format: null })
  expect(opened).toMatchObject({ format: 'coco', files: 1 })
  expect(opened.images.filter(({ known }) => known !== null)).toMatchObject([{ known: '7.jpg' }])
  const batches = await batchesOf(reader, 200)
  expect(batches.length).toBeGreaterThan(2)
  expect(batches.flatMap(({ images }) => images.map(({ number }) => number))).toEqual(
    Array.from({ length: 200 }, (_, number) => number),
  )
  expect(batches.at(-1)?.end?.failed).toMatchObject([
    { file: 'a.json', field: 'annotations[0].bbox' },
  ])
})

test('what takes more memory than it may ends its process alone, and is named', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'huge.json')
  writeFileSync(file, `{"imagePath":"a.jpg","version":"5","shapes":[${'{},'.repeat(3_000_000)}{}]}`)
  await using reader = new LabelProcess(startForked, undefined, { memoryBytes: 250e6 })
  await expect(reader.open({ path: file, imageRoot: '', format: null })).rejects.toMatchObject({
    reason: 'labels_too_large',
    message: expect.stringMatching(
      /^huge\.json takes more memory than reading labels may \(250 MB\)/,
    ),
  })
  await expect(reader.open({ path: file, imageRoot: '', format: null })).rejects.toThrow(
    'huge.json',
  )
})

test('so does what takes too long', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'slow.json')
  writeFileSync(file, `{"imagePath":"a.jpg","version":"5","shapes":[${'{},'.repeat(3_000_000)}{}]}`)
  await using reader = new LabelProcess(startForked, undefined, { stepMs: 300 })
  await expect(reader.open({ path: file, imageRoot: '', format: null })).rejects.toMatchObject({
    reason: 'labels_too_slow',
    message: expect.stringContaining('slow.json'),
  })
})

test('whoever waits no longer ends it, also in the middle of a file', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.json')
  writeFileSync(file, cocoWith(10, 400_000))
  const stop = new AbortController()
  await using reader = new LabelProcess(startForked, stop.signal)
  const opening = reader.open({ path: file, imageRoot: '', format: null })
  stop.abort(new Error('nobody waits'))
  await expect(opening).rejects.toThrow('nobody waits')
})
