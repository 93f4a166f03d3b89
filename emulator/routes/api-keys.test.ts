import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

const ORGANIZATION = '00000000-0000-4000-8000-000000000001'

/** Keys lie beside the developer API. */
async function keysOf({ emulator }: Awaited<ReturnType<typeof emulated>>) {
  return async (route: string, body?: object, key = 'pk_live_admin') => {
    const [method, path] = route.split(' ')
    const response = await fetch(`${emulator.url}/api/v1/${path}`, {
      method,
      headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
}

test('a key is made, used, disabled and revoked; its secret is shown once', async () => {
  await using service = await emulated({ hourlyLimit: 1_000 })
  const call = await keysOf(service)
  const wanted = { organization_id: ORGANIZATION, name: 'CI', role: 'viewer', rate_limit: 7 }
  const made = await call('POST api-keys/', wanted)
  expect(made.status).toBe(201)
  const { api_key, key_id } = made.body
  expect(api_key).toMatch(/^pk_live_/)
  const listed = (await call('GET api-keys/')).body.api_keys
  expect(listed).toHaveLength(5)
  expect(JSON.stringify(listed)).not.toContain(api_key)

  const used = await call('GET developer/datasets/', undefined, api_key)
  expect([used.status, used.headers.get('x-ratelimit-limit')]).toEqual([200, '7'])
  const refused = await call('POST developer/datasets/', { name: 'x' }, api_key)
  expect(refused.status).toBe(403)

  const off = await call(`PATCH api-keys/${key_id}`, { is_active: false })
  expect(off.body.api_key).toMatchObject({ name: 'CI', is_active: false })
  expect((await call('GET developer/datasets/', undefined, api_key)).status).toBe(401)
  expect((await call(`PATCH api-keys/${key_id}`, {})).status).toBe(422)
  expect((await call(`DELETE api-keys/${key_id}`)).status).toBe(204)
  expect((await call(`GET api-keys/${key_id}`)).status).toBe(404)
})

test('an expired key is refused, and nobody makes a key that may do more than their own', async () => {
  await using service = await emulated()
  const call = await keysOf(service)
  const base = { organization_id: ORGANIZATION, name: 'old' }
  const { api_key } = (await call('POST api-keys/', { ...base, expires_at: '2020-01-01T00:00:00' }))
    .body
  expect((await call('GET developer/datasets/', undefined, api_key)).status).toBe(401)
  expect((await call('POST api-keys/', { ...base, role: 'owner' })).status).toBe(403)
  expect((await call('POST api-keys/', base, 'pk_live_member')).status).toBe(403)
  expect((await call('GET api-keys/?organization_id=another')).status).toBe(403)
})

test('uploads beyond the plan are a 402 that names the limit; archived images do not count', async () => {
  await using service = await emulated({ maxImages: 67, seeded: 40 })
  const { call, upload, emulator } = service
  // 24 + 40 + 3 in cold storage, which count half.
  const image = await upload('street scenes', 'one.png')
  const target = {
    dataset: 'street scenes',
    filename: 'two.png',
    directory_path: '/',
    content_type: 'image/png',
  }
  const refused = await call('POST /images/upload-url', { body: target })
  expect(refused).toMatchObject({
    status: 402,
    body: { detail: { error: 'limit_exceeded', limit_type: 'images', current: 67, limit: 67 } },
  })
  await call(`DELETE /images/street%20scenes/${image.filename}`)
  await call(`DELETE /images/street%20scenes${encodeURI('/image 00000.jpg')}`)
  expect((await call('POST /images/upload-url', { body: target })).status).toBe(200)
  expect(emulator.state.imageTotal()).toBe(68)
})
