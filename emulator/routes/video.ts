import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { cleanDirectory } from '#emulator/directories.ts'
import { addDrawn } from '#emulator/drawn-images.ts'
import type { Job } from '#emulator/jobs.ts'
import { videoFacts } from '#emulator/mp4.ts'
import { InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import {
  API,
  bodyOf,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
} from '#emulator/service.ts'

const BASE = `${API}/video`
const TYPE = 'video_extract'
const FOLDER = 'video-uploads/'
/** Number of frames added at a time. */
const BATCH = 20

const newVideo = z.strictObject({
  filename: z.string().regex(/\.(mp4|m4v|mov|avi|mkv|webm)$/i, 'is no video type we take'),
  content_type: z.string().startsWith('video/'),
})
const byPath = z.strictObject({ gcs_path: z.string() })
const extraction = z.strictObject({
  dataset_name: z.string(),
  gcs_path: z.string(),
  directory_name: z.string().regex(/^[^/]+$/, 'is one name, without a slash'),
  sample_fps: z.number().gt(0).max(60).default(1),
  parent_directory_path: z.string().default('/'),
})

/** Videos are uploaded and probed, and their frames become images of a dataset; here the frames are drawn. */
export function videoRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage, jobs } = service

  const facts = async (gcsPath: string) => {
    const object = gcsPath.startsWith(FOLDER) ? gcsPath.slice(FOLDER.length) : ''
    if (!/^[0-9a-f-]{36}$/.test(object) || !storage.has(object)) throw notFound('Video')
    const found = videoFacts(await storage.bytes(object))
    if (!found) throw new Problem(422, 'validation_error', 'The file is no video that can be read')
    return found
  }

  app.post(`${BASE}/upload-url`, (request) => {
    requireRole(request, 'member')
    bodyOf(request, newVideo)
    const object = storage.newObject()
    const gcs_path = `${FOLDER}${object}`
    const upload_url = storage.sign('PUT', object, 15)
    return { upload_url, gcs_path, gcs_uri: `gs://emulator/${gcs_path}` }
  })

  app.post(`${BASE}/probe`, async (request) => {
    requireRole(request, 'member')
    return facts(bodyOf(request, byPath).gcs_path)
  })

  const shown = ({ id, status, progress, error, detail }: Job) => ({
    job_id: id,
    status: status === 'completed' ? 'complete' : status === 'failed' ? 'failed' : 'processing',
    progress: Math.floor(progress),
    error,
    ...detail,
    // A long video has thousands of ids, so only the last answer has them.
    image_ids: status === 'completed' ? detail.image_ids : null,
  })

  app.post(`${BASE}/extract-frames`, async (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, extraction)
    const dataset = state.dataset(body.dataset_name)
    requireWarm(dataset)
    const { duration_seconds } = await facts(body.gcs_path)
    const total = Math.max(1, Math.floor(duration_seconds * body.sample_fps))
    const directory = cleanDirectory(`${body.parent_directory_path}/${body.directory_name}`)
    if (state.directories.at(dataset.id, directory))
      throw new InvalidRequest([{ loc: ['body', 'directory_name'], msg: 'is taken' }], 400)
    const job = jobs.start(
      {
        type: TYPE,
        name: body.directory_name,
        datasetId: dataset.id,
        detail: {
          frames_extracted: 0,
          total_frames: total,
          directory_path: null,
          warning: null,
          image_ids: [],
        },
      },
      async ({ signal, report }) => {
        const ids: string[] = []
        while (ids.length < total && !signal.aborted) {
          await setImmediate()
          const count = Math.min(BATCH, total - ids.length)
          const first = ids.length
          const nameOf = (index: number) =>
            `frame_${String(first + index + 1).padStart(6, '0')}.jpg`
          ids.push(...addDrawn(state, dataset, count, { directory, nameOf, at: service.at() }))
          const detail = { frames_extracted: ids.length, image_ids: ids }
          report({ progress: Math.floor((ids.length / total) * 99), detail })
        }
        report({ detail: { directory_path: directory } })
      },
    )
    return shown(job)
  })

  app.get(`${BASE}/extract-frames/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return shown(jobs.get(params(request).id, TYPE))
  })
}
