import { expect, test, vi } from 'vitest'
import { CLIP } from '#tests/helpers/clip.ts'
import { emulated } from '#tests/helpers/emulated.ts'

async function put(service: Awaited<ReturnType<typeof emulated>>, bytes: Buffer): Promise<string> {
  const { body } = await service.call('POST /video/upload-url', {
    body: { filename: 'clip.mp4', content_type: 'video/mp4' },
  })
  await fetch(body.upload_url, { method: 'PUT', body: new Uint8Array(bytes) })
  return body.gcs_path
}

test('a clip is probed, and its frames become images of a new directory', async () => {
  await using service = await emulated()
  const gcs_path = await put(service, CLIP)
  expect((await service.call('POST /video/probe', { body: { gcs_path } })).body).toEqual({
    duration_seconds: 3,
    native_fps: 25,
    width: 64,
    height: 48,
    frame_count: 75,
  })
  const body = {
    dataset_name: 'street scenes',
    gcs_path,
    directory_name: 'clip',
    sample_fps: 10,
    parent_directory_path: '/day',
  }
  const begun = (await service.call('POST /video/extract-frames', { body })).body
  expect(begun).toMatchObject({ status: 'processing', total_frames: 30, image_ids: null })
  const done = await vi.waitFor(async () => {
    const answer = await service.call(`GET /video/extract-frames/${begun.job_id}`)
    expect(answer.body.status).toBe('complete')
    return answer.body
  })
  expect(done).toMatchObject({ frames_extracted: 30, progress: 100, directory_path: '/day/clip' })
  expect(done.image_ids).toHaveLength(30)
  const list = await service.call('GET /images/?dataset=street%20scenes&directory_path=/day/clip')
  expect(list.body.data[0].filename).toBe('frame_000030.jpg')
  expect((await service.call(`GET /images/${done.image_ids[0]}`)).status).toBe(200)
  expect((await service.call('POST /video/extract-frames', { body })).status).toBe(400)
})

test('an invalid or truncated video is refused', async () => {
  await using service = await emulated()
  const at = CLIP.length
  for (const bytes of [Buffer.from('nothing'), CLIP.subarray(0, at - 30), CLIP.subarray(0, 150)]) {
    const gcs_path = await put(service, bytes)
    expect((await service.call('POST /video/probe', { body: { gcs_path } })).status).toBe(422)
  }
  const body = { gcs_path: 'video-uploads/../service.sqlite' }
  expect((await service.call('POST /video/probe', { body })).status).toBe(404)
})
