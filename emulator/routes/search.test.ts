import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

test('similar images come from the same folder, without the image itself', async () => {
  await using service = await emulated()
  const first = await service.upload('street scenes', 'a/x.png')
  const same = await service.upload('street scenes', 'a/y.png')
  await service.upload('street scenes', 'b/z.png')
  const { body } = await service.call(`GET /search/similar?image_id=${first.id}&threshold=0.99`)
  expect(body).toMatchObject({ count: 1, results: [{ id: same.id, virtual_directory_path: '/a' }] })
  expect(body.results[0].similarity).toBeCloseTo(1)
  const day = await service.call(
    `GET /search/similar?image_id=${first.id}&threshold=0&directory_path=/day&limit=3`,
  )
  expect(day.body.results).toHaveLength(3)
})

test('all tags must match, of any kind, in one dataset or all', async () => {
  await using service = await emulated({ seeded: 600 })
  const find = async (query: string) => (await service.call(`GET /search/by-tags?${query}`)).body
  const both = await find(
    'objects=car&objects=street&attributes=daylight&dataset_name=street%20scenes',
  )
  expect(both.count).toBe(4)
  expect(both.results[0]).toMatchObject({
    dataset_id: service.emulator.state.dataset('street scenes').id,
    image_auto_tags: { objects: ['car', 'street'], attributes: ['daylight'] },
  })
  expect((await find('objects=car&objects=person')).count).toBe(0)
  const all = await find('scenes=outdoor&limit=1000')
  expect(all.pagination).toMatchObject({ limit: 500, total: 627, has_more: true })
  expect((await service.call('GET /search/by-tags')).status).toBe(400)
})

test('duplicates are grouped', async () => {
  await using service = await emulated()
  await service.call('POST /datasets/', { body: { name: 'photos' } })
  for (const name of ['a.png', 'b.png', 'in/c.png']) await service.upload('photos', name)
  const duplicates = async (query = '') =>
    (await service.call(`GET /datasets/photos/duplicates${query}`)).body.data
  expect(await duplicates()).toMatchObject({
    group_count: 1,
    duplicate_image_count: 3,
    redundant_count: 2,
    analyzed: 3,
    sample_capped: false,
  })
  // Values out of range are clamped.
  expect(await duplicates('?threshold=2&sample=2&directory_path=/')).toMatchObject({
    threshold: 0.9999,
    total_images: 2,
    groups: [{ size: 2 }],
  })
})
