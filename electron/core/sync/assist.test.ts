import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { seededEmulator } from '#tests/helpers/cloud.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'

const POINT = { kind: 'point' as const, positive: [{ x: 15, y: 15 }], negative: [] }

test('an image of a folder is sent only if the user allowed it', async () => {
  await using service = await seededEmulator()
  await using local = await coreWithImages(['a.png'])
  const { core, datasetId } = local
  const sent = () => service.emulator.state.collection<{ id: string }>('paid_image').all().length
  const account = await core.accounts.add(service.emulator.url, 'pk_live_member')
  const [image] = local.list()
  const ask = () => core.assist(image.id, 'dog', POINT)

  await expect(ask()).rejects.toMatchObject({ reason: 'not_allowed' })
  expect(sent()).toBe(0)

  const allowed = await core.library.setAssistAccount(datasetId, account.id)
  expect(allowed.assistAccountId).toBe(account.id)
  const { status, annotations } = await ask()
  expect(status).toBe('success')
  expect(annotations).toMatchObject([{ className: 'dog' }])
  await core.assist(image.id, 'dog', { kind: 'box', box: { x: 5, y: 5, w: 20, h: 15 } })
  await core.assist(image.id, 'dog', { kind: 'text', prompt: 'a dog', output: 'bbox' })
  // One fee per image, however many requests.
  expect(sent()).toBe(1)

  await core.library.setAssistAccount(datasetId, null)
  await expect(ask()).rejects.toMatchObject({ reason: 'not_allowed' })
})

test('a permission ends with its account and does not cover another folder', async () => {
  await using service = await seededEmulator()
  await using local = await coreWithImages(['a.png'])
  await using other = await coreWithImages(['b.png'])
  const { core, datasetId } = local
  const account = await core.accounts.add(service.emulator.url, 'pk_live_member')
  await core.library.setAssistAccount(datasetId, account.id)
  const second = await core.openFolder(other.folder)
  await core.library.settled(second.id)
  const [image] = core.images.list(second.id)
  await expect(core.assist(image.id, 'dog', POINT)).rejects.toMatchObject({ reason: 'not_allowed' })
  await core.removeAccount(account.id)
  expect((await core.library.describe(datasetId)).assistAccountId).toBeNull()
})

test('an image of a type that the service does not take is sent as a smaller JPEG; results fit the image', async () => {
  await using service = await seededEmulator()
  await using local = await coreWithImages(['a.png'])
  const { core } = local
  using folder = temporaryFolder()
  const sides = { width: 5_000, height: 2_500 }
  await sharp({ create: { ...sides, channels: 3, background: '#345' } })
    .avif({ effort: 0 })
    .toFile(join(folder.path, 'large.heif'))
  const { id: datasetId } = await core.openFolder(folder.path)
  await core.library.settled(datasetId)
  const [image] = core.images.list(datasetId)
  const account = await core.accounts.add(service.emulator.url, 'pk_live_member')
  await core.library.setAssistAccount(datasetId, account.id)
  const box = { x: 3_000, y: 1_000, w: 1_000, h: 500 }
  const { annotations } = await core.assist(image.id, 'dog', { kind: 'box', box })
  const found = shapeBounds(annotations[0].shape)
  // The emulator finds an outline inside the box that was asked for.
  expect(found.x).toBeGreaterThanOrEqual(box.x - 2)
  expect(found.y).toBeGreaterThanOrEqual(box.y - 2)
  expect(found.x + found.w).toBeLessThanOrEqual(box.x + box.w + 2)
  expect(found.w).toBeGreaterThan(box.w / 2)
})
