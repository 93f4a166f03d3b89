import { expect, test, vi } from 'vitest'
import { box, emulated } from '#tests/helpers/emulated.ts'

type Service = Awaited<ReturnType<typeof emulated>>
const OF = { dataset_name: 'street scenes' }

/** Polls until the status is final. */
async function ended(service: Service, route: string, status = 'completed') {
  return vi.waitFor(async () => {
    const { body } = await service.call(route)
    const answer = body.data ?? body
    expect(answer.status).toBe(status)
    return answer
  })
}

test('a batch keeps existing labels, adds its classes, is in the job list, and costs what was quoted', async () => {
  await using service = await emulated()
  const { call, emulator } = service
  const ids = service.idsOf('street scenes').slice(0, 3)
  const { filename, directory_path } = emulator.state.imageById(ids[0])
  const path = `${directory_path.slice(1)}/${filename}`.replace(/^\//, '')
  await call(`POST /annotations/street%20scenes/${encodeURI(path)}`, {
    body: { annotations: [box('1')] },
  })
  const classes = [{ name: 'tree' }, { name: 'car', output_type: 'bbox' }]
  const settings = { ...OF, image_filenames: ids, classes }
  const quote = (await call('POST /auto-annotate/batch/quote', { as: 'viewer', body: settings }))
    .body
  expect(quote).toMatchObject({ total_images: 3, sufficient: true, exceeds_max_images: false })
  const before = (await call('GET /credits/balance')).body
  const begun = (await call('POST /auto-annotate/batch', { body: settings })).body
  expect(begun).toMatchObject({ success: true, status: 'pending', total_images: 3 })
  expect(begun.estimated_credits).toBe(quote.estimated_credits)
  const done = await ended(service, `GET /auto-annotate/batch/${begun.job_id}`)
  expect(done).toMatchObject({ progress: 100, processed_images: 3, total_annotations_added: 6 })
  expect(emulator.state.annotations(ids[0]).map(({ name }) => name)).toEqual(['car', 'tree', 'car'])
  expect(emulator.state.dataset('street scenes').classes.at(-1)?.name).toBe('tree')
  const after = (await call('GET /credits/balance')).body
  expect(before.included_remaining_micro_usd - after.included_remaining_micro_usd).toBe(
    quote.estimated_credits,
  )
  // Again: the same objects already exist.
  const again = (await call('POST /auto-annotate/batch', { body: settings })).body
  expect(await ended(service, `GET /auto-annotate/batch/${again.job_id}`)).toMatchObject({
    total_annotations_added: 0,
  })
  const { body } = await call('GET /jobs?status=finished&type=auto_annotate')
  expect(body.data).toMatchObject([{ id: again.job_id, cancel_path: null }, { id: begun.job_id }])
  expect((await call('GET /jobs')).body.data).toEqual([])

  for (const wrong of [{ classes: [] }, { model_id: 'x', sahi_enabled: true }])
    expect(
      (await call('POST /auto-annotate/batch', { body: { ...settings, ...wrong } })).status,
    ).toBe(400)
})

test('a batch can be cancelled by its job’s route', async () => {
  await using service = await emulated({ seeded: 2_000 })
  const ids = service.idsOf('large')
  const { job_id } = (
    await service.call('POST /auto-annotate/batch', {
      body: { dataset_name: 'large', image_filenames: ids, classes: [{ name: 'car' }] },
    })
  ).body
  const job = (await service.call(`GET /jobs/${job_id}`)).body.data
  expect(job.cancel_path).toBe(`/api/v1/developer/auto-annotate/batch/${job_id}/cancel`)
  const cancel = `POST ${job.cancel_path.replace('/api/v1/developer', '')}`
  expect((await service.call(cancel)).body.status).toBe('cancelled')
  expect((await service.call(cancel)).status).toBe(409)
})

test('similar objects are searched in the folder or the dataset, by polygons', async () => {
  await using service = await emulated()
  const { call } = service
  const image = await service.upload('street scenes', 'day/example.png')
  const polygon = {
    id: 'p',
    name: 'car',
    type: 'polygon',
    polygon: {
      paths: [
        [
          { x: 0, y: 0 },
          { x: 9, y: 0 },
          { x: 9, y: 9 },
        ],
      ],
    },
  }
  await call('POST /annotations/street%20scenes/day/example.png', {
    body: { annotations: [polygon] },
  })
  const body = { ...OF, image_filename: image.id, annotation_ids: ['p'], output_type: 'obb' }
  expect((await call('POST /auto-annotate/similar/quote', { body })).body).toMatchObject({
    total_images: 8,
    capped: false,
    examples: 1,
    target_class: 'car',
    directory: '/day',
  })
  const begun = (await call('POST /auto-annotate/similar', { body })).body
  const done = await ended(service, `GET /auto-annotate/batch/${begun.job_id}`)
  expect(done.total_annotations_added).toBe(8)
  const nobody = { ...body, annotation_ids: ['q'] }
  expect((await call('POST /auto-annotate/similar', { body: nobody })).status).toBe(404)
})

test('a frozen dataset refuses its bytes, and is restored for the quoted price', async () => {
  await using service = await emulated()
  const { call } = service
  const storage = '/datasets/street%20scenes/storage'
  expect((await call(`POST ${storage}/freeze`, { as: 'member' })).status).toBe(403)
  expect((await call(`POST ${storage}/freeze`)).body.data).toMatchObject({
    storage_state: 'freezing',
    quoted_micro_usd: null,
  })
  const idle = () =>
    vi.waitFor(async () => {
      const { data } = (await call(`GET ${storage}`)).body
      expect(data.storage_state).toBe('idle')
      return data
    })
  const cold = await idle()
  expect(cold).toMatchObject({ storage_class: 'coldline', cold_image_count: 24 })
  expect(cold.restore_estimate).toMatchObject({ min_storage_days: 90 })
  const [id] = service.idsOf('street scenes')
  const refused = [
    `GET /images/${id}`,
    'GET /datasets/street%20scenes/download?mode=full',
    `GET /search/similar?image_id=${id}`,
  ]
  for (const route of refused)
    expect(await call(route)).toMatchObject({
      status: 409,
      body: { error: { code: 'dataset_cold' } },
    })
  expect((await call('GET /datasets/street%20scenes/download?mode=annotations_only')).status).toBe(
    200,
  )

  const restoring = (await call(`POST ${storage}/restore`)).body.data
  expect(restoring.quoted_micro_usd).toBe(cold.restore_estimate.total_micro_usd)
  expect(await idle()).toMatchObject({ storage_class: 'standard', restore_estimate: null })
  const [entry] = (await call('GET /credits/history?limit=1')).body.entries
  expect(entry).toMatchObject({ operation: 'dataset_restore', amount: -restoring.quoted_micro_usd })
})

test('a public dataset is imported under a free name; a too large one is a 402', async () => {
  await using service = await emulated()
  const { call } = service
  const list = (await call('GET /public/datasets?class=ship')).body
  expect(list.data).toMatchObject([{ slug: 'harbour', organization: { slug: 'public-research' } }])
  const path = '/public/datasets/public-research/harbour/import'
  await call('POST /datasets/', { body: { name: 'Harbour' } })
  const begun = (await call(`POST ${path}`)).body.data
  expect(begun.dataset_name).toBe('Harbour (imported)')
  const done = await ended(service, `GET /public/imports/${begun.import_id}`)
  expect(done).toMatchObject({ image_count: 40, total_images: 40, progress: 100 })
  expect(service.idsOf('Harbour (imported)')).toHaveLength(40)
  expect(await call('POST /public/datasets/public-research/everything/import')).toMatchObject({
    status: 402,
    body: {
      error: { code: 'image_limit_exceeded', details: null },
      detail: { error: 'limit_exceeded', limit_type: 'images', limit: 1_000_000 },
    },
  })
})

test('datasets of another service are imported with a valid key', async () => {
  await using service = await emulated()
  const { call } = service
  const key = (api_key: string) => ({ provider: 'v7', api_key })
  expect((await call('POST /connectors/validate', { body: key('bogus') })).body).toMatchObject({
    valid: false,
    datasets: [],
  })
  const { datasets } = (await call('POST /connectors/validate', { body: key('valid-1') })).body
  const begun = await call('POST /connectors/import/start', {
    body: { ...key('valid-1'), datasets: datasets.slice(0, 1) },
  })
  expect(begun.body).toMatchObject({ status: 'started' })
  const done = await ended(service, `GET /connectors/import/status/${begun.body.import_id}`)
  expect(done).toMatchObject({
    imported_images: 30,
    datasets: [{ name: 'Road signs', status: 'completed', imported: 30 }],
  })
  const limits = { total_images: 2_000_000, estimated_size_bytes: 10 }
  expect((await call('POST /connectors/check-limits', { body: limits })).body).toMatchObject({
    allowed: false,
    exceeded: 'images',
  })
})
