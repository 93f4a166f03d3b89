import { describe, expect, test } from 'vitest'
import { cloudCore, edit, emptyDataset, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { fakeService } from '#tests/helpers/fake-service.ts'

describe('images of the service', () => {
  test('near-duplicates are groups of locally listed images', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const { groups, analyzed, total } = await cloud.core.curation.duplicates(cloud.datasetId, 0.5)
    const known = new Set(cloud.list().map(({ id }) => id))
    expect([analyzed, total]).toEqual([24, 24])
    expect(groups.length).toBeGreaterThan(0)
    for (const { imageIds } of groups) {
      expect(imageIds.length).toBeGreaterThan(1)
      expect(imageIds.every((id) => known.has(id))).toBe(true)
    }
  })

  test('similar images come from the same dataset and exclude the image itself', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const similar = await cloud.core.curation.similar(image.id)
    expect(similar.length).toBeGreaterThan(0)
    expect(similar.map(({ imageId }) => imageId)).not.toContain(image.id)
  })

  test('are archived in requests within the service’s limit, and disappear locally', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator, { limits: { batchImages: 2 } })
    const chosen = cloud.list().slice(0, 5)
    const ids = chosen.map(({ id }) => id)
    const outcome = await cloud.core.curation.archive(cloud.datasetId, ids)
    expect(outcome).toEqual({ processed: 5, failed: [] })
    expect(cloud.core.images.getMany(ids).every(({ missing }) => missing)).toBe(true)
    const { state } = service.emulator
    const archived = state
      .images(state.dataset('street scenes').id)
      .filter(({ is_archived }) => is_archived)
    expect(archived).toHaveLength(5)
    const { groups } = await cloud.core.curation.duplicates(cloud.datasetId, 0.5)
    expect(groups.flatMap(({ imageIds }) => imageIds).some((id) => ids.includes(id))).toBe(false)
  })

  test('are copied to another dataset with the latest edits', async () => {
    await using service = await seededEmulator()
    emptyDataset(service.emulator, 'night shift')
    await using cloud = await cloudCore(service.emulator, { limits: { batchImages: 1 } })
    const [first, second] = cloud.list()
    edit(cloud.core, first.id, { created: [aBox('van')] })
    const outcome = await cloud.core.curation.copy(
      cloud.datasetId,
      [first.id, second.id],
      service.emulator.state.dataset('night shift').id,
      'picked',
    )
    expect(outcome).toMatchObject({ processed: 2, failed: [] })
    expect(outcome.classesAdded).toContain('van')
    const name = first.path.split('/').at(-1)
    expect(onService(service.emulator, 'night shift', `picked/${name}`)).toMatchObject([
      { name: 'van' },
    ])
  })

  test('are not copied while the service refuses their changes', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator, { apiKey: 'pk_live_viewer' })
    const [first] = cloud.list()
    edit(cloud.core, first.id, { created: [aBox()] })
    await expect(
      cloud.core.curation.copy(cloud.datasetId, [first.id], 'large', ''),
    ).rejects.toThrow('1 image has changes that are not on the service yet')
  })
})

describe('an account', () => {
  test('has credits, tasks and jobs', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const { service: own, accounts } = cloud.core
    const { id } = cloud.account
    expect(await own.credits(id)).toMatchObject({ included: 50_000_000 })
    expect(await own.promptPrice(id)).toMatchObject({ price: 2_500, remaining: 60_000_000 })
    expect(await own.tasks(id)).toContainEqual(
      expect.objectContaining({
        title: 'Label the cars',
        datasetName: 'street scenes',
        imageCount: 8,
      }),
    )
    await accounts.run(id, (client) =>
      client.exports.create('street scenes', { name: 'nightly', format: 'coco' }),
    )
    await expect
      .poll(() => own.jobs(id))
      .toMatchObject([{ type: 'export', state: 'completed', canCancel: false }])
  })

  test('restores a dataset from cold storage for the quoted price', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator, { apiKey: 'pk_live_admin' })
    const { service: own } = cloud.core
    const { id } = cloud.account
    const { id: frozen } = service.emulator.state.dataset('frozen')
    const before = await own.credits(id)
    const cold = await own.storage(id, frozen)
    expect(cold).toMatchObject({ isCold: true, state: 'idle', imageCount: 3 })
    const price = cold.restore?.microUsd ?? 0
    expect(price).toBeGreaterThan(0)
    await own.restore(id, frozen)
    await expect.poll(() => own.storage(id, frozen)).toMatchObject({ isCold: false, restore: null })
    const after = await own.credits(id)
    expect((before.includedRemaining ?? 0) - (after.includedRemaining ?? 0)).toBe(price)
  })
})

test('reads the dataset’s readme if the service has one', async () => {
  const dataset = { id: 'd', name: 'd', readme: '# Cars\nFrom the door on.', description: '' }
  await using service = await fakeService(({ line }) => {
    if (line.startsWith('GET /organizations/me'))
      return { json: { organization: { id: 'o', name: 'o', slug: 'o' } } }
    if (line.startsWith('GET /datasets/d')) return { json: { data: dataset } }
    return { json: { data: [], pagination: { has_more: false, total: 0, limit: 50, offset: 0 } } }
  })
  using data = temporaryFolder()
  await using core = openCore(testPorts(data.path))
  const account = await core.accounts.add(service.url, 'pk_live_x')
  const { id } = await core.remoteDatasets.open(account.id, 'd')
  expect(await core.curation.instructions(id)).toEqual({
    readme: '# Cars\nFrom the door on.',
    description: null,
  })
})
