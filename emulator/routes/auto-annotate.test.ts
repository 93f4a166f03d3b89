import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

const OF = { dataset_name: 'street scenes', name: 'car' }
const ask = (service: Awaited<ReturnType<typeof emulated>>, way: string, body: object) =>
  service.call(`POST /auto-annotate/sam3/${way}`, { body: { ...OF, ...body } })

test('points are pairs of whole numbers, and an image is found by bare name, path or UUID', async () => {
  await using service = await emulated()
  const { filename, id } = await service.upload('street scenes', 'deep/down/only.png')
  for (const image_filename of [filename, 'deep/down/only.png', id]) {
    const { body } = await ask(service, 'point', {
      image_filename,
      x: 20,
      y: 15,
      positive_points: [[30, 15]],
      negative_points: [[1, 1]],
    })
    expect(body).toMatchObject({ status: 'success', annotation: { type: 'polygon', name: 'car' } })
  }
  for (const wrong of [{ x: 1.5 }, { positive_points: [{ x: 1, y: 1 }] }])
    expect((await ask(service, 'point', { image_filename: id, x: 2, y: 1, ...wrong })).status).toBe(
      422,
    )
})

test('a box prompt returns one object as box and polygon', async () => {
  await using service = await emulated()
  const [image_filename] = service.idsOf('street scenes')
  const box = { x: 10, y: 10, w: 30, h: 20 }
  const typesOf = async (more: object) =>
    (await ask(service, 'box', { image_filename, box, ...more })).body.annotations.map(
      ({ type }: { type: string }) => type,
    )
  expect(await typesOf({})).toEqual(['bbox', 'polygon'])
  expect(await typesOf({ return_polygon: false })).toEqual(['bbox'])
  expect(
    (await ask(service, 'box', { image_filename, box, confidence_threshold: 0.95 })).body,
  ).toMatchObject({ status: 'below_threshold', annotations: [] })
})

test('a prompt is charged, and refused without credits', async () => {
  await using service = await emulated()
  const [image_filename] = service.idsOf('street scenes')
  const left = async () =>
    (await service.call('GET /organizations/me')).body.organization.credits_remaining
  const before = await left()
  await ask(service, 'point', { image_filename, x: 1, y: 1 })
  expect(before - (await left())).toBe(2_500)
})
