import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { addDrawn } from '#emulator/drawn-images.ts'
import type { Job } from '#emulator/jobs.ts'
import { freeDatasetName, newDataset } from '#emulator/new-dataset.ts'
import { heldImages } from '#emulator/plan.ts'
import { InvalidRequest } from '#emulator/problems.ts'
import {
  API,
  bodyOf,
  NO_BODY,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'

const BASE = `${API}/connectors`
const TYPE = 'connector_import'
const BATCH = 20
/** Accepted keys of the other services. */
const KEY = /^valid-/
const STORAGE_LIMIT = 1024 ** 4

const source = { provider: z.enum(['v7', 'roboflow']), api_key: z.string().min(1) }
const remote = z.looseObject({
  id: z.string(),
  name: z.string().min(1),
  slug: z.string(),
  image_count: z.number().int().min(0).default(0),
})
const DATASETS = [
  { id: 'remote-1', name: 'Road signs', slug: 'road-signs', image_count: 30 },
  { id: 'remote-2', name: 'Empty', slug: 'empty', image_count: 0 },
]

/** Datasets of other services, and their import. */
export function connectorRoutes(app: FastifyInstance, service: Service): void {
  const { state, jobs } = service

  app.post(`${BASE}/validate`, (request) => {
    requireRole(request, 'member')
    const { api_key } = bodyOf(request, z.strictObject(source))
    if (!KEY.test(api_key))
      return { valid: false, workspace: '', datasets: [], error: 'Invalid API key' }
    return { valid: true, workspace: 'elsewhere', datasets: DATASETS, error: null }
  })

  app.post(`${BASE}/check-limits`, (request) => {
    const count = z.number().int().min(0)
    const { total_images, estimated_size_bytes } = bodyOf(
      request,
      z.strictObject({ total_images: count, estimated_size_bytes: count }),
    )
    const counts = state.datasets().map(({ id }) => state.counts(id))
    const current_images = heldImages(service)
    const image_limit = service.organization.maxImages
    const current_storage_bytes = counts.reduce((sum, { bytes }) => sum + bytes, 0)
    const images_after_import = current_images + total_images
    const storage_after_import_bytes = current_storage_bytes + estimated_size_bytes
    const isOver = [images_after_import > image_limit, storage_after_import_bytes > STORAGE_LIMIT]
    const exceeded = isOver[0] ? (isOver[1] ? 'both' : 'images') : isOver[1] ? 'storage' : null
    return {
      allowed: exceeded === null,
      current_images,
      image_limit,
      images_after_import,
      current_storage_bytes,
      storage_limit_bytes: STORAGE_LIMIT,
      storage_after_import_bytes,
      exceeded,
    }
  })

  const shown = ({ id, status, progress, detail }: Job) => ({
    import_id: id,
    status:
      status === 'failed'
        ? 'error'
        : status === 'queued' || status === 'running'
          ? 'processing'
          : status,
    progress,
    failed_images: 0,
    ...detail,
  })

  app.post(`${BASE}/import/start`, (request) => {
    requireRole(request, 'member')
    const { api_key, datasets } = bodyOf(
      request,
      z.strictObject({ ...source, datasets: z.array(remote).min(1) }),
    )
    if (!KEY.test(api_key))
      throw new InvalidRequest([{ loc: ['body', 'api_key'], msg: 'is not valid' }], 400)
    const into = datasets.map((item) => {
      const dataset = newDataset(freeDatasetName(state, item.name), service.at())
      state.putDataset(dataset)
      return { item, dataset }
    })
    const total = datasets.reduce((sum, { image_count }) => sum + image_count, 0)
    const progressOf = (done: readonly number[]) =>
      into.map(({ dataset, item }, index) => ({
        name: dataset.name,
        dataset_id: dataset.id,
        status: done[index] >= item.image_count ? 'completed' : 'processing',
        imported: done[index],
        failed: 0,
      }))
    const done = into.map(() => 0)
    const job = jobs.start(
      {
        type: TYPE,
        name: datasets.map(({ name }) => name).join(', '),
        detail: {
          total_images: total,
          imported_images: 0,
          current_dataset: into[0].dataset.name,
          datasets: progressOf(done),
        },
        cancelPath: (id) => `${BASE}/import/cancel/${id}`,
      },
      async ({ signal, report }) => {
        for (const [index, { item, dataset }] of into.entries()) {
          while (done[index] < item.image_count) {
            await setImmediate()
            if (signal.aborted) return
            const count = Math.min(BATCH, item.image_count - done[index])
            const first = done[index]
            const nameOf = (at: number) => `${item.slug} ${first + at + 1}.jpg`
            addDrawn(state, dataset, count, { directory: '/', nameOf, at: service.at() })
            done[index] += count
            const imported_images = done.reduce((sum, value) => sum + value, 0)
            report({
              progress: Math.floor((imported_images / Math.max(1, total)) * 99),
              detail: {
                imported_images,
                current_dataset: dataset.name,
                datasets: progressOf(done),
              },
            })
          }
        }
      },
    )
    return {
      import_id: job.id,
      status: 'started',
      datasets: into.map(({ dataset }) => ({ name: dataset.name, dataset_id: dataset.id })),
    }
  })

  app.get(`${BASE}/import/status/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return shown(jobs.get(params(request).id, TYPE))
  })

  app.post(`${BASE}/import/cancel/:id`, (request) => {
    requireRole(request, 'member')
    bodyOf(request, NO_BODY)
    return shown(jobs.cancel(params(request).id, TYPE))
  })
}
