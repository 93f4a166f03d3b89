import { expect, test, vi } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

type Service = Awaited<ReturnType<typeof emulated>>
const OF = { dataset_name: 'street scenes' }
const RUN = { ...OF, export_name: 'v1', pipeline_type: 'yolox', name: 'swift falcon' }

async function withExport(service: Service): Promise<void> {
  await service.call('POST /exports/', { body: { ...OF, name: 'v1', format: 'pictograph' } })
  await vi.waitFor(async () => {
    const { data } = (await service.call('GET /exports/v1?dataset=street%20scenes')).body
    expect(data.status).toBe('completed')
  })
}

test('a run trains epoch by epoch, is charged when it succeeds, and leaves a ready model', async () => {
  await using service = await emulated()
  const { call } = service
  await withExport(service)
  const before = (await call('GET /credits/balance')).body.included_remaining_micro_usd
  const begun = await call('POST /training/', { body: { ...RUN, config: { epochs: 3 } } })
  expect(begun.status).toBe(201)
  expect(begun.body.data).toMatchObject({ status: 'queued', total_epochs: 3, model_id: null })
  const done = await vi.waitFor(async () => {
    const { data } = (await call('GET /training/swift%20falcon')).body
    expect(data).toMatchObject({ status: 'completed', progress: 100, current_epoch: 3 })
    return data
  })
  const { data } = (await call(`GET /models/${done.model_id}`)).body
  expect(data).toMatchObject({ name: 'swift falcon', status: 'ready' })
  expect(data.class_mapping).toEqual({ classes: ['car', 'person', 'lane'] })
  const after = (await call('GET /credits/balance')).body.included_remaining_micro_usd
  expect(before - after).toBe(36_667)
  expect((await call('GET /training/?status=completed')).body.data).toHaveLength(1)
  const late = await call('POST /training/swift%20falcon/cancel')
  expect(late.status).toBe(400)
  expect(late.body.detail).toContain("'completed'")
})

test('a cancelled run costs nothing and has no model', async () => {
  await using service = await emulated()
  const { call } = service
  await withExport(service)
  const body = { ...RUN, config: { epochs: 1_000_000 } }
  const { id } = (await call('POST /training/', { body })).body.data
  const two = (await call('POST /training/', { body: { ...body, name: 'second' } })).body.data
  expect((await call(`POST /training/${id}/cancel`)).body.data.status).toBe('cancelled')
  const run_ids = [two.id, two.id, id, 'nothing']
  const { data } = (await call('POST /training/bulk-cancel', { body: { run_ids } })).body
  expect(data).toEqual({ succeeded: [two.id], not_found: [id, 'nothing'], count: 1 })
  expect((await call('GET /credits/history')).body.entries).toEqual([])
  expect((await call('GET /jobs?type=training')).body.data).toEqual([])
})

test('a run needs a completed export, a known pipeline, a member and a balance', async () => {
  await using service = await emulated()
  const { call } = service
  expect((await call('POST /training/', { body: RUN })).status).toBe(404)
  await withExport(service)
  const odd = { ...RUN, pipeline_type: 'none' }
  expect((await call('POST /training/', { body: odd })).status).toBe(422)
  expect((await call('POST /training/', { as: 'viewer', body: RUN })).status).toBe(403)
  expect((await call('GET /training/nothing')).status).toBe(404)
})

test('a public model of another organisation is copied under a free name', async () => {
  await using service = await emulated()
  const { call } = service
  const route = 'POST /models/public-research/Harbour%20detector/fork'
  const [first, second] = [await call(route), await call(route)]
  expect(first.body.data).toMatchObject({ name: 'Harbour detector', visibility: 'private' })
  expect(first.body.data.forked_from_model_id).toEqual(expect.any(String))
  expect(second.body.data.name).toBe('Harbour detector (2)')
  const { download_url } = (await call(`GET /models/${first.body.data.id}/download`)).body.data
  expect((await fetch(download_url)).status).toBe(200)
  expect((await call(route, { as: 'viewer' })).status).toBe(403)
  expect((await call('POST /models/nobody/harbour-detector/fork')).status).toBe(404)
})
