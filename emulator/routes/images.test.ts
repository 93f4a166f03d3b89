import { expect, test } from 'vitest'
import { box, emulated } from '#tests/helpers/emulated.ts'

type Service = Awaited<ReturnType<typeof emulated>>

async function photos(service: Service, count: number): Promise<string[]> {
  await service.call('POST /datasets/', { body: { name: 'photos', classes: [{ name: 'car' }] } })
  const ids: string[] = []
  for (let index = 0; index < count; index++)
    ids.push((await service.upload('photos', `${index}.png`)).id)
  return ids
}

test('split counts are rounded down, the rest is train, and the same seed gives the same splits', async () => {
  await using service = await emulated()
  const ids = await photos(service, 11)
  await service.call('DELETE /images/photos/10.png')
  const assign = async (seed: number, more = {}) =>
    service.call('POST /images/assign-splits', {
      body: { dataset: 'photos', train: 70, val: 15, test: 15, seed, ...more },
    })
  const splits = () => ids.map((id) => service.emulator.state.imageById(id).split)
  expect((await assign(1)).body.data).toEqual({ processed: 10, train: 8, val: 1, test: 1 })
  const first = splits()
  expect(first[10]).toBeNull()
  await assign(2)
  expect(splits()).not.toEqual(first)
  await assign(1)
  expect(splits()).toEqual(first)
  expect((await assign(1, { split_mode: 'embedding' })).status).toBe(409)
  expect((await assign(1, { train: 0.7 })).status).toBe(422)
})

test('an image has the lowest confidence of its labels, and can be filtered by it', async () => {
  await using service = await emulated()
  await photos(service, 2)
  const annotations = [box('1'), { ...box('2'), confidence: 0.4 }]
  await service.call('POST /annotations/photos/0.png', { body: { annotations } })
  const below = async (share: number) =>
    (await service.call(`GET /images/?dataset=photos&min_confidence_lt=${share}`)).body.data
  expect(await below(0.5)).toMatchObject([{ filename: '0.png', min_confidence: 0.4 }])
  expect(await below(0.4)).toEqual([])
  const { model_confidence } = (await service.call('GET /datasets/photos/insights')).body.data
  expect(model_confidence).toMatchObject({ flagged: 1, lowest: 0.4, buckets: { lt50: 1 } })
})

test('an archived image can still be requested, and counts nowhere', async () => {
  await using service = await emulated()
  const [id] = await photos(service, 2)
  expect((await service.call('DELETE /images/photos/0.png')).body.success).toBe(true)
  const { data } = (await service.call('GET /datasets/photos?include_images=true')).body
  expect(data).toMatchObject({ image_count: 1, archived_image_count: 1 })
  expect(data.images).toHaveLength(1)
  expect((await service.call(`GET /images/${id}/metadata`)).body.data.is_archived).toBe(true)
  const list = async (query: string) =>
    (await service.call(`GET /images/?dataset=photos${query}`)).body.pagination.total
  expect([await list(''), await list('&include_archived=true')]).toEqual([1, 2])
  expect((await service.call('GET /datasets/photos/insights')).body.data.total_images).toBe(1)
})

test('a page has at most a thousand images and reports that there are more', async () => {
  await using service = await emulated({ seeded: 1_200 })
  const { body } = await service.call('GET /images/?dataset=large&limit=5000')
  expect(body.data).toHaveLength(1_000)
  expect(body.pagination).toEqual({ limit: 1_000, offset: 0, total: 1_200, has_more: true })
})

test('repeating a write returns its first answer', async () => {
  await using service = await emulated()
  const create = () =>
    service.call('POST /datasets/', {
      body: { name: 'once' },
      headers: { 'idempotency-key': 'a'.repeat(32) },
    })
  const first = await create()
  expect((await create()).body).toEqual(first.body)
  expect((await service.call('POST /datasets/', { body: { name: 'once' } })).status).toBe(409)
})
