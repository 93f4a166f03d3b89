import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import type { Clock } from '#core/api/retry.ts'
import { CommentRepository } from '#core/cache/comment-repository.ts'
import { WorkInHand } from '#core/work-in-hand.ts'
import { coreWithImages, draw, writeImage } from '#tests/helpers/core.ts'

/** Noise, which has as many colours as a photo. */
async function writePhoto(file: string): Promise<void> {
  const data = Buffer.alloc(40 * 30 * 3)
  for (let at = 0; at < data.length; at++) data[at] = (at * 7919 + (at >> 3) * 31) % 251
  await sharp(data, { raw: { width: 40, height: 30, channels: 3 } }).toFile(file)
}

/** A clock whose sleepers wake when a test says so. */
function handClock() {
  const sleeping = new Set<() => void>()
  const clock: Clock = {
    now: Date.now,
    random: Math.random,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        sleeping.add(resolve)
        signal?.addEventListener('abort', () => {
          sleeping.delete(resolve)
          reject(signal.reason)
        })
      }),
  }
  const wake = () => {
    for (const resolve of sleeping) resolve()
    sleeping.clear()
  }
  return { clock, sleeping, wake }
}

/** A dataset whose masks came before their images, so that they are listed. */
async function withMasks() {
  const { clock, sleeping, wake } = handClock()
  const setup = await coreWithImages([], { clock })
  const { core, datasetId, folder } = setup
  for (const name of ['masks', 'images']) mkdirSync(join(folder, name))
  for (const name of ['1.png', '2.png']) await writeImage(join(folder, 'masks', name))
  const listed = () =>
    core.images
      .list(datasetId)
      .filter(({ missing }) => !missing)
      .map(({ path }) => path)
  const lookAgain = async () => {
    await core.openDataset(datasetId)
    await core.library.settled(datasetId)
  }
  // What the system still tells of these files is not of this test.
  await core.library.folders.close(datasetId)
  await lookAgain()
  expect(listed()).toEqual(['masks/1.png', 'masks/2.png'])
  const scans: { state: string; problems: string[]; masks: unknown }[] = []
  core.events.on((event) => void (event.type === 'scan' && scans.push(event)))
  const addImages = async () => {
    for (const name of ['1.png', '2.png']) await writePhoto(join(folder, 'images', name))
  }
  return { ...setup, listed, lookAgain, addImages, scans, sleeping, wake }
}

test('masks that were listed before their images came are listed no more, and the user is told', async () => {
  await using setup = await withMasks()
  await setup.addImages()
  await setup.lookAgain()
  expect(setup.listed()).toEqual(['images/1.png', 'images/2.png'])
  expect(setup.scans.at(-1)).toMatchObject({
    state: 'done',
    problems: [],
    masks: { count: 2, folders: ['masks'] },
  })
})

test('images that come while the folder is open show at once; when they pause, a scan tells which pictures are masks', async () => {
  await using setup = await withMasks()
  const { folder, listed, sleeping, wake, scans } = setup
  const masks = ['masks/1.png', 'masks/2.png']
  const images: string[] = []
  for (const path of ['images/1.png', 'images/2.png', 'images/3.png']) {
    await writePhoto(join(folder, path))
    images.push(path)
    await expect.poll(listed, { timeout: 5_000 }).toEqual([...images, ...masks])
  }
  await setup.core.library.settled(setup.datasetId)
  expect(scans.filter(({ state }) => state === 'scanning')).toEqual([])
  expect(sleeping.size).toBe(1)
  wake()
  await expect.poll(listed, { timeout: 5_000 }).toEqual(images)
  rmSync(join(folder, 'images/2.png'))
  await expect.poll(listed, { timeout: 5_000 }).toEqual(['images/1.png', 'images/3.png'])
  await setup.core.library.settled(setup.datasetId)
  wake()
  await expect
    .poll(listed, { timeout: 5_000 })
    .toEqual(['images/1.png', 'images/3.png', 'masks/2.png'])
})

test('a picture that comes where masks may lie is listed after a scan', async () => {
  await using setup = await withMasks()
  await writePhoto(join(setup.folder, 'masks/3.png'))
  await expect.poll(() => setup.sleeping.size, { timeout: 5_000 }).toBe(1)
  setup.wake()
  await expect
    .poll(setup.listed, { timeout: 5_000 })
    .toEqual(['masks/1.png', 'masks/2.png', 'masks/3.png'])
})

type Masks = Awaited<ReturnType<typeof withMasks>>

test.each<[string, (core: Masks['core'], imageId: string) => void]>([
  ['drew', (core, id) => void draw(core, id)],
  ['began to draw', ({ images }, id) => images.setDrafts(id, '[{}]')],
  ['set a stage', ({ images }, id) => images.patch([id], { stage: 'complete' })],
  ['set a split', ({ images }, id) => images.patch([id], { split: 'val' })],
  ['set a tag', ({ images }, id) => images.patch([id], { tags: ['night'] })],
  [
    'commented',
    ({ store }, id) => void new CommentRepository(store.db).create(id, 'a', 'Why?', null),
  ],
])('a mask on which somebody %s stays listed', async (_, work) => {
  await using setup = await withMasks()
  work(setup.core, setup.list()[0].id)
  await setup.addImages()
  await setup.lookAgain()
  expect(setup.listed()).toEqual(['images/1.png', 'images/2.png', 'masks/1.png'])
  expect(setup.scans.at(-1)).toMatchObject({ problems: [], masks: { count: 1 } })
})

test('a mask that is looked into is in hand as a picture, so that it alone is left out after a crash', async () => {
  await using setup = await withMasks()
  await setup.addImages()
  using begin = vi.spyOn(WorkInHand.prototype, 'begin')
  await setup.lookAgain()
  expect(begin).toHaveBeenCalledWith({
    kind: 'picture',
    id: expect.stringMatching(/^[0-9a-f]{40}$/),
    name: join('masks', '1.png'),
  })
})
