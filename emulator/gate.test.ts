import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

test('a wrong key is a 401 everywhere, also on unknown routes', async () => {
  await using service = await emulated()
  for (const route of ['GET /organizations/me', 'GET /nothing', 'POST /datasets/'])
    expect((await service.call(route, { as: 'nobody' })).status).toBe(401)
  const { body } = await service.call('GET /datasets/', { as: 'nobody' })
  expect(body).toMatchObject({
    error: { code: 'unauthorized', details: null },
    detail: expect.any(String),
  })
})

test('each call needs its role', async () => {
  await using service = await emulated()
  const [id] = service.idsOf('street scenes')
  const of = { dataset_name: 'street scenes', image_ids: [id] }
  const needs: [string, 'member' | 'admin', unknown?][] = [
    ['POST /datasets/', 'member', { name: 'x' }],
    ['POST /datasets/large/archive', 'admin'],
    ['DELETE /datasets/large', 'admin'],
    ['POST /batch/images/delete', 'member', { ...of, permanent: false }],
    ['POST /batch/images/delete', 'admin', { ...of, permanent: true }],
    ['DELETE /images/street%20scenes/nothing.png', 'member'],
    ['DELETE /images/street%20scenes/nothing.png?permanent=true', 'admin'],
    ['DELETE /annotations/street%20scenes/nothing.png', 'admin'],
    ['POST /exports/', 'member', { dataset_name: 'large', name: 'e' }],
    ['DELETE /exports/e?dataset=large', 'admin'],
    ['POST /exports/bulk-delete', 'admin', { export_ids: ['x'] }],
    ['PATCH /organizations/me', 'admin', { name: 'New' }],
    ['POST /organizations/invites', 'admin', { email: 'a@b.de' }],
  ]
  for (const [route, role, body] of needs) {
    const lower = role === 'admin' ? 'member' : 'viewer'
    expect(await service.call(route, { as: lower, body })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    })
    expect((await service.call(route, { as: role, body })).status).not.toBe(403)
  }
})

test('the hourly limit is in every answer, and further requests are refused', async () => {
  let now = 1_800_000_000_000
  await using service = await emulated({ hourlyLimit: 2, now: () => now })
  const headersOf = ({ headers }: { headers: Headers }) =>
    ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`))
  const reset = String(now / 1000 + 3600)
  expect(headersOf(await service.call('GET /organizations/me'))).toEqual(['2', '1', reset])
  now += 60_000
  // An error counts, too.
  expect(headersOf(await service.call('GET /nothing'))).toEqual(['2', '0', reset])
  const refused = await service.call('GET /organizations/me')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3540'])
  expect(headersOf(refused)).toEqual(['2', '0', reset])
  // Another key has its own limit.
  expect((await service.call('GET /organizations/me', { as: 'viewer' })).status).toBe(200)
  now += 3_540_000
  expect((await service.call('GET /organizations/me')).status).toBe(200)
})

test('an unknown query parameter or body key is refused, and nothing happens', async () => {
  await using service = await emulated()
  for (const route of [
    'GET /datasets/?colour=red',
    'GET /datasets/large?colour=red',
    'GET /images/?dataset=large&page=2',
    'POST /datasets/large/archive?force=true',
    'DELETE /datasets/large?force=true',
    'GET /organizations/members?role=owner',
    'GET /directories/large/tree?deep=true',
  ])
    expect(await service.call(route)).toMatchObject({
      status: 422,
      body: { error: { code: 'validation_error' } },
    })
  expect(service.emulator.state.dataset('large').is_archived).toBe(false)
  const { body, status } = await service.call('POST /datasets/', {
    body: { name: 'new', colour: 'red' },
  })
  expect(status).toBe(422)
  expect(body.error.details.errors).toEqual([
    { loc: ['body', 'colour'], msg: expect.stringContaining('colour') },
  ])
  expect(body.detail).toEqual(body.error.details.errors)
})
