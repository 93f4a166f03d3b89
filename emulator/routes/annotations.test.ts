import { expect, test } from 'vitest'
import { box, emulated } from '#tests/helpers/emulated.ts'

const PATH = 'annotations/photos/x.png'

async function photos(options: Parameters<typeof emulated>[0] = {}) {
  const service = await emulated(options)
  const classes = [
    { name: 'car', type: 'bbox' },
    { name: 'car', type: 'polygon' },
    { name: 'lane' },
  ]
  await service.call('POST /datasets/', { body: { name: 'photos', classes } })
  const image = await service.upload('photos', 'x.png')
  const save = (annotations: unknown[]) =>
    service.call(`POST /${PATH}`, { as: 'member', body: { annotations } })
  const read = async () => (await service.call(`GET /${PATH}`)).body.annotations
  const classesOf = async () =>
    (await service.call('GET /datasets/photos')).body.data.classes.map(
      ({ name, type }: { name: string; type?: string }) => `${name} ${type ?? ''}`.trim(),
    )
  return { ...service, image, save, read, classesOf }
}

test('a save replaces all and keeps the stage; the service sets its own fields', async () => {
  await using service = await photos()
  const ring = [
    { x: 2, y: 3 },
    { x: 12, y: 3 },
    { x: 12, y: 9 },
  ]
  const polygon = { id: '2', name: 'car', type: 'polygon', polygon: { paths: [ring] } }
  expect((await service.save([box('1'), polygon])).body).toEqual({
    success: true,
    image_id: service.image.id,
    previous_count: 0,
    new_count: 2,
    status: 'new',
  })
  expect(await service.read()).toMatchObject([
    { confidence: 1, created_by: expect.any(String) },
    { bounding_box: { x: 2, y: 3, w: 10, h: 6 } },
  ])
  expect((await service.save([])).body).toMatchObject({ previous_count: 2, new_count: 0 })
  expect(await service.read()).toEqual([])
})

test('invalid fields are named; unknown classes only if enabled', async () => {
  await using service = await photos()
  const wrong: [unknown[], (string | number)[]][] = [
    [
      [box('1'), box('1')],
      ['body', 'annotations', 1, 'id'],
    ],
    [[{ ...box('1'), colour: 'red' }], ['body', 'annotations', 0, 'colour']],
    [
      [{ ...box('1'), bounding_box: { x: 0, y: 0, w: 0, h: 1 } }],
      ['body', 'annotations', 0, 'bounding_box', 'w'],
    ],
  ]
  for (const [annotations, loc] of wrong) {
    const { status, body } = await service.save(annotations)
    expect([400, 422]).toContain(status)
    expect(body.error.details.errors[0].loc).toEqual(loc)
  }
  expect((await service.save([box('1', 'ghost')])).status).toBe(200)
  await using strict = await photos({ refusesUnknownClasses: true })
  expect(await strict.save([box('1', 'ghost')])).toMatchObject({
    status: 400,
    body: { detail: [{ loc: ['body', 'annotations', 0, 'name'] }] },
  })
})

test('a class is a name and a type: deleting one keeps another with the same name', async () => {
  await using service = await photos()
  await service.save([
    box('1'),
    {
      id: '2',
      name: 'car',
      type: 'polyline',
      polyline: {
        path: [
          { x: 0, y: 0 },
          { x: 5, y: 5 },
        ],
      },
    },
  ])
  const remove = (class_type: string | null, delete_annotations: boolean) =>
    service.call('POST /annotations/delete-class', {
      body: { dataset: 'photos', name: 'car', class_type, delete_annotations },
    })
  expect((await remove('box', true)).body.data).toMatchObject({
    name: 'car',
    images_updated: 1,
    annotations_removed: 1,
  })
  expect(await service.classesOf()).toEqual(['car polygon', 'lane'])
  expect((await remove(null, false)).body.data).toMatchObject({ annotations_removed: 0 })
  expect(await service.read()).toMatchObject([{ id: '2' }])
})

test('renaming to an existing name is a 409 only for the same type', async () => {
  await using service = await photos()
  const rename = (new_name: string) =>
    service.call('POST /annotations/rename-class', {
      body: { dataset: 'photos', old_name: 'car', new_name },
    })
  await service.save([box('1')])
  // `lane` has no type, so it differs from both.
  expect((await rename('lane')).status).toBe(200)
  expect(await service.read()).toMatchObject([{ name: 'lane' }])
  expect((await rename('x')).status).toBe(404)
})

test('a class change with a base keeps classes added meanwhile', async () => {
  await using service = await photos()
  const change = (body: object) => service.call('PATCH /datasets/photos', { body })
  const base = [{ name: 'car', type: 'bbox' }, { name: 'car', type: 'polygon' }, { name: 'lane' }]
  await change({ classes: [...base, { name: 'theirs' }] })
  await change({ classes: [base[0], { name: 'mine' }], classes_base: base })
  expect(await service.classesOf()).toEqual(['car bbox', 'theirs', 'mine'])
  expect((await change({ classes_base: base })).status).toBe(422)
})
