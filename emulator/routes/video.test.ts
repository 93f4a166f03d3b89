import { expect, test, vi } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

/** A box of an MP4. */
const mp4Box = (name: string, ...content: Buffer[]): Buffer => {
  const data = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length + 8)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, data])
}
const words = (...values: number[]): Buffer => {
  const data = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    data.writeUInt32BE(value, index * 4)
  })
  return data
}
const handler = (kind: string) => mp4Box('hdlr', words(0, 0), Buffer.from(kind), words(0, 0, 0))

/** The headers of a clip of 64 × 48 pixels, three seconds of 25 frames; the sound track comes first. */
const CLIP = Buffer.concat([
  mp4Box('ftyp', Buffer.from('isom')),
  mp4Box('mdat', Buffer.alloc(100)),
  mp4Box(
    'moov',
    mp4Box('mvhd', words(0, 0, 0, 1000, 3000)),
    mp4Box('trak', mp4Box('mdia', handler('soun'))),
    mp4Box(
      'trak',
      mp4Box('tkhd', Buffer.alloc(76), words(64 << 16, 48 << 16)),
      mp4Box(
        'mdia',
        mp4Box('mdhd', words(0, 0, 0, 600, 1800)),
        handler('vide'),
        mp4Box('minf', mp4Box('stbl', mp4Box('stts', words(0, 2, 50, 24, 25, 24)))),
      ),
    ),
  ),
])

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
