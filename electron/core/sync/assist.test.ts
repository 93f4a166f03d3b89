import { expect, test } from 'vitest'
import { seededEmulator } from '#tests/helpers/cloud.ts'
import { coreWithImages } from '#tests/helpers/core.ts'

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
