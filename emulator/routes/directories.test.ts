import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

const LIST = 'GET /directories/street%20scenes'
const pathsOf = ({ body }: { body: { full_path: string }[] }) =>
  body.map(({ full_path }) => full_path)

test('the list is flat; with a parent it has the direct children', async () => {
  await using service = await emulated()
  expect(pathsOf(await service.call(LIST))).toEqual(['/day', '/night', '/night/rain'])
  expect(pathsOf(await service.call(`${LIST}?parent_path=`))).toEqual(['/day', '/night'])
  expect(pathsOf(await service.call(`${LIST}?parent_path=/night`))).toEqual(['/night/rain'])
  const [day, night, rain] = (await service.call(LIST)).body
  expect(day).toMatchObject({ name: 'day', parent_directory_id: null, image_count: 8 })
  expect(night).toMatchObject({ image_count: 0, nested_image_count: 8 })
  expect(rain).toMatchObject({ parent_directory_id: night.id, dataset_id: day.dataset_id })
  const tree = (await service.call(`${LIST}/tree`)).body
  expect(tree).toMatchObject([{ name: 'day', children: [] }, { children: [{ name: 'rain' }] }])
})

test('creating an existing directory returns it, and creates missing parents', async () => {
  await using service = await emulated()
  const create = () =>
    service.call('POST /directories/', {
      body: { dataset: 'street scenes', directory_path: 'a/b' },
    })
  const first = await create()
  expect([first.status, (await create()).status]).toEqual([201, 200])
  expect((await create()).body).toEqual(first.body)
  expect(first.body.data).toMatchObject({ name: 'b', directory_path: '/a/b', image_count: 0 })
  expect(pathsOf(await service.call(LIST))).toContain('/a')
})

test('renaming includes subdirectories and keeps ids; an existing sibling is a 409', async () => {
  await using service = await emulated()
  const [, night, rain] = (await service.call(LIST)).body
  const rename = (new_name: string) =>
    service.call('PATCH /directories/street%20scenes/night/rename', { body: { new_name } })
  expect((await rename('day')).status).toBe(409)
  expect((await rename('a/b')).status).toBe(422)
  expect((await rename('dark')).body.data).toMatchObject({
    id: night.id,
    directory_path: '/dark',
  })
  const after = (await service.call(LIST)).body
  expect(after.find(({ id }: { id: string }) => id === rain.id).full_path).toBe('/dark/rain')
  const inside = await service.call(
    'GET /images/?dataset=street%20scenes&directory_path=/dark/rain',
  )
  expect(inside.body.pagination.total).toBe(8)
})

test('deleting moves images to the parent, and never deletes one', async () => {
  await using service = await emulated()
  const remove = (path: string, query = '') =>
    service.call(`DELETE /directories/street%20scenes/${path}${query}`)
  expect((await remove('night', '?cascade=true')).status).toBe(400)
  expect((await remove('night/rain')).status).toBe(400)
  const before = service.idsOf('street scenes').length
  expect((await remove('night/rain', '?cascade=true')).body).toMatchObject({
    success: true,
    images_moved: 8,
  })
  expect(service.idsOf('street scenes')).toHaveLength(before)
  const moved = await service.call('GET /images/?dataset=street%20scenes&directory_path=/night')
  expect(moved.body.pagination.total).toBe(8)
  expect((await remove('night/rain')).status).toBe(404)
})

test('statistics count by stage, with or without subdirectories', async () => {
  await using service = await emulated()
  const stats = (query = '') => service.call(`GET /directories/street%20scenes/night/stats${query}`)
  expect((await stats()).body).toEqual({
    total_directories: 2,
    total_images: 8,
    total_size_bytes: 16_000,
    directories_by_status: { new: 8 },
  })
  expect((await stats('?include_subdirectories=false')).body).toMatchObject({
    total_directories: 1,
    total_images: 0,
  })
})
