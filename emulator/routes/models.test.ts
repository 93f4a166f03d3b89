import sharp from 'sharp'
import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

const TINY = '/models/tiny%20detector'

test('weights are an ONNX file by name; unpublished or unready ones are refused', async () => {
  await using service = await emulated()
  const { call } = service
  const { data } = (await call(`GET ${TINY}/download`)).body
  const onnx = Buffer.from(await (await fetch(data.download_url)).arrayBuffer())
  // The format's version, then the producer's name.
  expect([...onnx.subarray(0, 3)]).toEqual([8, 8, 0x12])
  expect(onnx.includes('AveragePool')).toBe(true)
  expect((await call(`GET ${TINY}/download?format=engine`)).status).toBe(409)
  expect((await call(`GET ${TINY}/download?precision=fp16`)).status).toBe(409)
  expect((await call('GET /models/in%20training/download')).status).toBe(400)
  const listed = (await call('GET /models/?status=ready')).body
  expect(listed.data).toMatchObject([
    { name: 'tiny detector', class_mapping: { classes: ['car', 'person'] } },
  ])
})

test('versions can be pinned, by admins', async () => {
  await using service = await emulated()
  const { call } = service
  const { data } = (await call(`GET ${TINY}/versions`)).body
  const [newest, older] = data.versions
  expect(data).toMatchObject({
    current_version_id: newest.version_id,
    pinned_version_id: null,
    latest_version_id: newest.version_id,
  })
  const pin = (as: 'member' | 'admin') =>
    call(`PATCH ${TINY}/current-version`, { as, body: { version_id: older.version_id } })
  expect((await pin('member')).status).toBe(403)
  expect((await pin('admin')).body.data).toMatchObject({
    current_version_id: older.version_id,
    latest_version_id: newest.version_id,
  })
})

test('files are listed for each version, and texts are embedded in the address', async () => {
  await using service = await emulated()
  const { files, versions } = (await service.call(`GET ${TINY}/files`)).body.data
  expect(files.map(({ kind }: { kind: string }) => kind)).toEqual(
    versions.flatMap(() => ['weights', 'config', 'license', 'readme']),
  )
  const [{ version_id }] = versions
  const file = async (name: string) => {
    const route = `GET ${TINY}/files/download?version_id=${version_id}&name=${name}`
    return fetch((await service.call(route)).body.data.download_url)
  }
  expect(await (await file('config.json')).json()).toMatchObject({
    _pictograph: { architecture: 'yolox-tiny', input_shape: [64, 64] },
  })
  expect(await (await file('README.md')).text()).toContain('car, person')
})

test('a model predicts on a picture', async () => {
  await using service = await emulated()
  const { id } = (await service.call(`GET ${TINY}`)).body.data
  const bytes = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const formOf = (content: string | Uint8Array<ArrayBuffer>) => {
    const form = new FormData()
    form.set('file', new Blob([content]), 'a.png')
    return form
  }
  const form = formOf(new Uint8Array(bytes))
  const path = `POST /models/${id}/predict`
  const tried = await service.call(`${path}?confidence_threshold=0.2`, { form })
  expect(tried.body.data).toMatchObject({
    success: true,
    annotations: [{ name: 'car', type: 'bbox' }],
  })
  expect((await service.call(`${path}?confidence=0.2`, { form })).status).toBe(422)
  const wrong = await service.call(path, { form: formOf('no picture') })
  expect(wrong.body.error.code).toBe('image_unreadable')
})
