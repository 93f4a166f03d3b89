import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { writeExport } from '#emulator/exports/write-export.ts'
import { ORGANIZATION_ID } from '#emulator/organization.ts'
import { conflict, InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import { bulkDeleteExports, type ExportFormat, newExport } from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
} from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'

const BASE = `${API}/exports`
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const KEPT_DAYS = 30

export interface StoredExport {
  id: string
  dataset_id: string
  name: string
  format: ExportFormat
  include_images: boolean
  class_filter: string[] | null
  status_filter: string | null
  status: 'pending' | 'processing' | 'completed' | 'failed'
  error_message: string | null
  file_size: number | null
  image_count: number | null
  annotation_count: number | null
  created_at: string
  expires_at: string
  object: string
}

/** Exports run in the background and are ZIPs in storage. */
export function exportRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage, jobs } = service
  const exports = state.collection<StoredExport>('export')

  /** By name in its dataset, or by id with or without one. */
  const find = (request: FastifyRequest): StoredExport => {
    const { export: slot } = params(request)
    const { dataset } = queryOf(request, z.strictObject({ dataset: z.string().optional() }))
    if (dataset === undefined && !UUID.test(slot))
      throw new InvalidRequest([
        { loc: ['query', 'dataset'], msg: 'is needed where an export is named' },
      ])
    const owner = dataset === undefined ? null : state.dataset(dataset).id
    const found = exports
      .all()
      .find(
        ({ id, name, dataset_id }) =>
          (id === slot && (owner === null || owner === dataset_id)) ||
          (name === slot && dataset_id === owner),
      )
    if (!found) throw notFound(`Export '${slot}'`)
    return found
  }

  const shown = ({ object, ...item }: StoredExport) => {
    const dataset = state.datasets().find(({ id }) => id === item.dataset_id)
    const isDone = item.status === 'completed'
    return {
      ...item,
      dataset_name: dataset?.name ?? '',
      organization_id: ORGANIZATION_ID,
      download_url: isDone ? storage.sign('GET', object, 60) : null,
    }
  }

  const remove = async (item: StoredExport) => {
    exports.delete(item.id)
    await rm(join(state.objectsDir, item.object), { force: true })
  }

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newExport)
    const dataset = state.dataset(body.dataset_name)
    requireWarm(dataset)
    if (exports.all().some((one) => one.dataset_id === dataset.id && one.name === body.name))
      throw conflict(`An export named '${body.name}' already exists in '${dataset.name}'`)
    const item: StoredExport = {
      id: newId(),
      dataset_id: dataset.id,
      name: body.name,
      format: body.format,
      include_images: body.include_images,
      class_filter: body.class_filter ?? null,
      status_filter: body.status_filter ?? null,
      status: 'pending',
      error_message: null,
      file_size: null,
      image_count: null,
      annotation_count: null,
      created_at: service.at(),
      expires_at: new Date(service.now() + KEPT_DAYS * 86_400_000).toISOString(),
      object: storage.newObject(),
    }
    exports.put(item)
    const update = (change: Partial<StoredExport>) => {
      const before = exports.get(item.id)
      if (before) exports.put({ ...before, ...change })
    }
    jobs.start(
      { type: 'export', name: item.name, datasetId: dataset.id, detail: { export_id: item.id } },
      async ({ signal }) => {
        update({ status: 'processing' })
        const file = join(state.objectsDir, item.object)
        try {
          const counts = await writeExport(service, dataset, body, file)
          if (signal.aborted) return
          update({ status: 'completed', file_size: statSync(file).size, ...counts })
        } catch (error) {
          if (!signal.aborted) update({ status: 'failed', error_message: String(error) })
          throw error
        }
      },
    )
    reply.status(201)
    return { data: shown(item) }
  })

  app.get(`${BASE}/`, (request) => {
    const { limit, offset, dataset_name, status } = queryOf(
      request,
      z.strictObject({
        ...paging(),
        dataset_name: z.string().optional(),
        status: z.enum(['pending', 'processing', 'completed', 'failed']).optional(),
      }),
    )
    const owner = dataset_name === undefined ? undefined : state.dataset(dataset_name).id
    const items = exports
      .all()
      .reverse()
      .filter(
        (item) =>
          (owner === undefined || item.dataset_id === owner) &&
          (status === undefined || item.status === status),
      )
    const found = page(items, { limit, offset })
    return { ...found, data: found.data.map(shown) }
  })

  app.post(`${BASE}/bulk-delete`, async (request) => {
    requireRole(request, 'admin')
    const { export_ids } = bodyOf(request, bulkDeleteExports)
    const found = export_ids.flatMap((id) => exports.get(id) ?? [])
    for (const item of found) await remove(item)
    const succeeded = found.map(({ id }) => id)
    const not_found = export_ids.filter((id) => !succeeded.includes(id))
    return { data: { succeeded, not_found, count: succeeded.length } }
  })

  app.get(`${BASE}/:export`, (request) => ({ data: shown(find(request)) }))

  app.get(`${BASE}/:export/download`, (request) => {
    const item = find(request)
    if (item.status !== 'completed')
      throw new Problem(400, 'validation_error', `The export is ${item.status}, not completed`)
    return { data: { download_url: storage.sign('GET', item.object, 60) } }
  })

  app.delete(`${BASE}/:export`, async (request) => {
    requireRole(request, 'admin')
    const item = find(request)
    await remove(item)
    return { success: true, message: `Export '${item.name}' deleted` }
  })
}
