import { expect, test } from 'vitest'
import { box, emulated } from '#tests/helpers/emulated.ts'

const OF = { dataset_name: 'street scenes' }

test('a taken name gets a number: from 1 when moved, from 2 when copied, and only moves count', async () => {
  await using service = await emulated()
  const first = await service.upload('street scenes', 'a/x.png')
  const second = await service.upload('street scenes', 'b/x.png')
  const move = { ...OF, image_ids: [first.id, second.id], target_directory_path: 'made/here' }
  expect((await service.call('POST /batch/images/move', { body: move })).body).toEqual({
    success: true,
    processed: 2,
    failed: [],
    affected_directories: ['/made/here'],
    renamed: 1,
  })
  const nameOf = (id: string) => service.emulator.state.imageById(id).filename
  expect([nameOf(first.id), nameOf(second.id)]).toEqual(['x.png', 'x-1.png'])

  const copy = { ...OF, image_ids: [first.id], target_directory_path: '/made/here' }
  expect((await service.call('POST /batch/images/copy', { body: copy })).body).toMatchObject({
    processed: 1,
    renamed: 0,
  })
  const skip = { ...copy, duplicate_handling: 'skip' }
  expect((await service.call('POST /batch/images/copy', { body: skip })).body).toMatchObject({
    success: false,
    processed: 0,
    failed: [{ id: first.id, reason: expect.stringContaining('x.png') }],
  })
  const { body } = await service.call(
    'GET /images/?dataset=street%20scenes&directory_path=/made/here',
  )
  const names = body.data.map(({ filename }: { filename: string }) => filename)
  expect(names.sort()).toEqual(['x-1.png', 'x-2.png', 'x.png'])
})

test('overwriting deletes the older image', async () => {
  await using service = await emulated()
  const image = await service.upload('street scenes', 'a/x.png')
  const older = await service.upload('street scenes', 'b/x.png')
  await service.call('POST /batch/images/copy', {
    body: {
      ...OF,
      image_ids: [image.id],
      target_directory_path: '/b',
      duplicate_handling: 'overwrite',
    },
  })
  expect((await service.call(`GET /images/${older.id}/metadata`)).status).toBe(404)
  expect((await service.call('GET /images/street%20scenes/b/x.png')).status).toBe(200)
})

test('an unknown image is a failed row; only unknown images are a 404', async () => {
  await using service = await emulated()
  const [id] = service.idsOf('street scenes')
  const [foreign] = service.idsOf('frozen')
  const body = (image_ids: string[]) => ({ ...OF, image_ids, updates: { status: 'review' } })
  const mixed = await service.call('PATCH /batch/images/update', { body: body([id, foreign]) })
  expect(mixed.body).toMatchObject({ success: false, processed: 1, failed: [{ id: foreign }] })
  const none = await service.call('PATCH /batch/images/update', { body: body([foreign]) })
  expect(none.status).toBe(404)
})

test('an invalid stage is a 400', async () => {
  await using service = await emulated()
  const [id] = service.idsOf('street scenes')
  const answer = await service.call('PATCH /batch/images/update', {
    body: { ...OF, image_ids: [id], updates: { status: 'done' } },
  })
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'validation_error' } } })
})

test('deleting reports the result for each image', async () => {
  await using service = await emulated()
  const [first, second] = service.idsOf('street scenes')
  const remove = (id: string, permanent: boolean) =>
    service.call('POST /batch/images/delete', { body: { ...OF, image_ids: [id], permanent } })
  expect((await remove(first, false)).body).toMatchObject({ processed: 1, operation: 'archived' })
  expect((await remove(second, true)).body).toMatchObject({ processed: 1, operation: 'deleted' })
  expect((await service.call(`GET /images/${first}/metadata`)).body.data.is_archived).toBe(true)
  expect((await service.call(`GET /images/${second}/metadata`)).status).toBe(404)
})

test('a copy in another dataset keeps labels, tags, split and stage, and adds its classes', async () => {
  await using service = await emulated()
  const { call } = service
  await call('POST /datasets/', { body: { name: 'shelf', classes: [{ name: 'lane' }] } })
  const image = await service.upload('street scenes', 'x.png')
  await call('POST /annotations/street%20scenes/x.png', {
    body: { annotations: [box('1', 'car'), box('2', 'lane')] },
  })
  await call('POST /images/street%20scenes/x.png/split', { body: { split: 'val' } })
  await call('POST /images/street%20scenes/x.png/review', { body: { action: 'approve' } })
  await call('POST /images/bulk-tag', {
    body: { dataset: 'street scenes', image_ids: [image.id], tags: ['wet'], add: true },
  })
  await service.upload('shelf', 'in/x.png')
  const { body } = await call('POST /batch/images/copy-to-dataset', {
    body: {
      ...OF,
      image_ids: [image.id],
      target_dataset_name: 'shelf',
      target_directory_path: 'in',
    },
  })
  expect(body).toEqual({
    success: true,
    processed: 1,
    failed: [],
    affected_directories: ['/in'],
    renamed: 1,
    operation: 'copied',
    target_dataset: 'shelf',
    classes_added: ['car'],
  })
  const copied = await call('GET /images/?dataset=shelf&filename=x-1.png')
  expect(copied.body.data).toMatchObject([
    { split: 'val', status: 'complete', tags: ['wet'], annotation_count: 2 },
  ])
  const { classes } = (await call('GET /datasets/shelf')).body.data
  expect(classes.map(({ name }: { name: string }) => name)).toEqual(['lane', 'car'])
})
