import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance } from 'fastify'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { notFound, Problem } from '#emulator/problems.ts'
import { newExport } from '#emulator/schemas.ts'
import {
  bodyOf,
  page,
  paging,
  params,
  pathOf,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'

const BASE = '/api/v1/developer/exports'
const inDataset = z.strictObject({ dataset: z.string().optional() })

interface Export {
  id: string
  name: string
  format: string
  dataset_name: string
  status: 'pending' | 'completed' | 'failed'
  error_message: string | null
  created_at: string
  object: string
}

/** Exports are made in the background, as ZIPs in storage. */
export function exportRoutes(app: FastifyInstance, { state, storage, now }: Service): void {
  const exports = new Map<string, Export>()
  /** By UUID, or by the name that it has in a dataset. */
  const find = (name: string, dataset: string | undefined): Export => {
    const owner = dataset === undefined ? null : state.dataset(dataset).name
    const found =
      owner === null
        ? exports.get(name)
        : [...exports.values()].find((item) => item.name === name && item.dataset_name === owner)
    if (!found) throw notFound('Export')
    return found
  }
  const shown = ({ object: _object, ...item }: Export) => item

  /** One JSON file an image, in the service's own form, and the images where they are asked for. */
  const make = async (item: Export, options: z.infer<typeof newExport>): Promise<void> => {
    const zip = new ZipFile()
    const classes = options.class_filter && new Set(options.class_filter)
    const dataset = state.dataset(options.dataset_name)
    for (const image of state.images(dataset.id)) {
      if (options.status_filter && options.status_filter !== image.status) continue
      const annotations = state
        .annotations(image.id)
        .filter(({ name }) => !classes || classes.has(name))
      const prefix = options.organize_by_split ? `${image.split ?? 'unassigned'}/` : ''
      const path = prefix + pathOf(image)
      zip.addBuffer(
        Buffer.from(JSON.stringify({ image: image.filename, annotations })),
        `${path}.json`,
        // Small files: packing them would cost more than it saves.
        { compress: false },
      )
      if (options.include_images)
        zip.addBuffer(await storage.bytes(image.object), path, { compress: false })
    }
    zip.end()
    await pipeline(zip.outputStream, createWriteStream(join(state.objectsDir, item.object)))
  }

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newExport)
    const dataset = state.dataset(body.dataset_name)
    if (dataset.storage_class === 'coldline')
      throw new Problem(
        409,
        'dataset_cold',
        `'${dataset.name}' is in cold storage and is not exported`,
      )
    const item: Export = {
      id: newId(),
      name: body.name,
      format: body.format,
      dataset_name: dataset.name,
      status: 'pending',
      error_message: null,
      created_at: new Date(now()).toISOString(),
      object: storage.newObject(),
    }
    exports.set(item.id, item)
    make(item, body).then(
      () => {
        item.status = 'completed'
      },
      (error: unknown) => {
        item.status = 'failed'
        item.error_message = String(error)
      },
    )
    reply.status(201)
    return { data: shown(item) }
  })

  app.get(`${BASE}/`, (request) => {
    const { limit, offset, dataset_name, status } = queryOf(
      request,
      z.strictObject({
        ...paging,
        dataset_name: z.string().optional(),
        status: z.string().optional(),
      }),
    )
    const items = [...exports.values()].filter(
      (item) =>
        (dataset_name === undefined || item.dataset_name === dataset_name) &&
        (status === undefined || item.status === status),
    )
    return page(items.map(shown), limit, offset)
  })

  app.get(`${BASE}/:id`, (request) => ({
    data: shown(find(params(request).id, queryOf(request, inDataset).dataset)),
  }))

  app.get(`${BASE}/:id/download`, (request) => {
    const item = find(params(request).id, queryOf(request, inDataset).dataset)
    if (item.status !== 'completed')
      throw new Problem(409, 'not_ready', `The export is ${item.status}`)
    return { data: { download_url: storage.sign('GET', item.object, 60) } }
  })

  app.delete(`${BASE}/:id`, (request) => {
    requireRole(request, 'member')
    const { id } = find(params(request).id, queryOf(request, inDataset).dataset)
    exports.delete(id)
    return { data: { id, deleted: true } }
  })
}
