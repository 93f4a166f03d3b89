import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import { WorkInHand } from '#core/work-in-hand.ts'
import { coreWithImages, draw, writeImage } from '#tests/helpers/core.ts'

/** Noise, which has as many colours as a photo. */
async function writePhoto(file: string): Promise<void> {
  const data = Buffer.alloc(40 * 30 * 3)
  for (let at = 0; at < data.length; at++) data[at] = (at * 7919 + (at >> 3) * 31) % 251
  await sharp(data, { raw: { width: 40, height: 30, channels: 3 } }).toFile(file)
}

/** A dataset whose masks came before their images, so that they are listed. */
async function withMasks() {
  const setup = await coreWithImages([])
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
  await lookAgain()
  expect(listed()).toEqual(['masks/1.png', 'masks/2.png'])
  const scans: { problems: string[]; masks: unknown }[] = []
  core.events.on((event) => void (event.type === 'scan' && scans.push(event)))
  const addImages = async () => {
    for (const name of ['1.png', '2.png']) await writePhoto(join(folder, 'images', name))
  }
  return { ...setup, listed, lookAgain, addImages, scans }
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

test('images that come while the folder is open tell which pictures are masks, and masks without them are listed again', async () => {
  await using setup = await withMasks()
  await setup.addImages()
  await expect.poll(setup.listed).toEqual(['images/1.png', 'images/2.png'])
  rmSync(join(setup.folder, 'images/2.png'))
  await expect.poll(setup.listed).toEqual(['images/1.png', 'masks/2.png'])
})

test('a mask on which somebody drew stays listed', async () => {
  await using setup = await withMasks()
  draw(setup.core, setup.list()[0].id)
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
