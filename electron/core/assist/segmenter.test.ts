import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { goldenSam1 } from '#emulator/golden-segment.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'

/** On the borders of the golden model’s cells, which are 6.25 pixels wide. */
const RED = { x: 100, y: 75, w: 75, h: 125 }

/** Grey, with a red rectangle; as it is seen it is 400 × 300. `turned`: it lies in the file as a camera held upright leaves it. */
async function writePicture(file: string, turned = false): Promise<void> {
  const shown = sharp({ create: { width: 400, height: 300, channels: 3, background: '#404040' } })
    .composite([
      {
        input: { create: { width: RED.w, height: RED.h, channels: 3, background: '#e02020' } },
        left: RED.x,
        top: RED.y,
      },
    ])
    .removeAlpha()
  const pixels = await shown.png().toBuffer()
  if (!turned) await sharp(pixels).toFile(file)
  else await sharp(pixels).rotate(-90).withMetadata({ orientation: 6 }).toFile(file)
}

async function setUp(count = 1) {
  const data = temporaryFolder()
  const images = temporaryFolder()
  for (let index = 0; index < count; index++)
    await writePicture(join(images.path, `${index}.png`), index === 1)
  const core = openCore(testPorts(data.path))
  const dataset = await core.openFolder(images.path)
  await core.library.settled(dataset.id)
  for (const [part, content] of Object.entries(goldenSam1())) {
    writeFileSync(join(data.path, `${part}.onnx`), content)
    await core.models.add(join(data.path, `${part}.onnx`))
  }
  const [engine] = await core.models.engines()
  const kept = () =>
    readdirSync(join(data.path, 'embeddings'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.tensors'),
    )
  const ask = (imageId: string, x: number, y: number) =>
    core.segmenter.ask({
      imageId,
      engineId: engine?.id ?? '',
      prompt: { positive: [{ x, y }], negative: [], box: null },
      output: 'bbox',
      detail: 'final',
    })
  return {
    ...core,
    engineId: engine?.id ?? '',
    images: core.images.list(dataset.id),
    kept,
    ask,
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      data[Symbol.dispose]()
      images[Symbol.dispose]()
    },
  }
}

const isNear = (found: unknown, box: typeof RED) => {
  const place = found as typeof RED
  for (const side of ['x', 'y', 'w', 'h'] as const)
    expect(Math.abs(place[side] - box[side]), side).toBeLessThanOrEqual(3)
}

test('a click finds the thing in the pixels of the image as it is seen, turned by EXIF too', async () => {
  await using app = await setUp(2)
  for (const image of app.images) {
    expect([image.width, image.height]).toEqual([400, 300])
    const [best] = await app.ask(image.id, 140, 100)
    isNear(best?.shapes[0], RED)
  }
})

test('the embedding is made once, ahead too, and kept within the limit', async () => {
  await using app = await setUp(4)
  const [first, ...others] = app.images.map(({ id }) => id)
  await app.segmenter.prepare(first ?? '', app.engineId)
  const [kept] = app.kept()
  await app.ask(first ?? '', 140, 100)
  expect(app.kept()).toEqual([kept])
  await app.segmenter.prepareAhead(others.slice(0, 1), app.engineId)
  expect(app.kept()).toHaveLength(2)
  // Each takes 4 MB.
  app.settings.write({ embeddingLimitBytes: 9_000_000 })
  for (const id of others) await app.segmenter.prepare(id, app.engineId)
  expect(app.kept()).toHaveLength(1 + 1)
  expect(await app.embeddings.bytes()).toBeLessThanOrEqual(9_000_000)
  // One that was let go is made anew.
  isNear((await app.ask(first ?? '', 140, 100))[0]?.shapes[0], RED)
})

test('models that were removed are said to be gone', async () => {
  await using app = await setUp()
  for (const { id } of await app.models.list()) await app.models.remove(id)
  await expect(app.ask(app.images[0]?.id ?? '', 1, 1)).rejects.toMatchObject({ reason: 'no_model' })
})

test('killed in the middle of an embedding, the click is answered all the same', async () => {
  await using app = await setUp()
  const { interactive } = app.inference
  await app.segmenter.prepare(app.images[0]?.id ?? '', app.engineId)
  await app.embeddings.clear()
  const answer = app.ask(app.images[0]?.id ?? '', 140, 100)
  await expect.poll(() => interactive.isBusy, { interval: 1 }).toBe(true)
  process.kill(interactive.pid ?? 0, 'SIGKILL')
  isNear((await answer)[0]?.shapes[0], RED)
})
