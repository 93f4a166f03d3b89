import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { insights } from '#emulator/insights.ts'
import { newDataset } from '#emulator/new-dataset.ts'
import { datasetChange, newDataset as newDatasetBody, type StoredClass } from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  flag,
  NO_BODY,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
  showDataset,
  showImage,
} from '#emulator/service.ts'
import type { StoredDataset } from '#emulator/state.ts'

const BASE = `${API}/datasets`
const DOWNLOAD_CAP = 10_000

/** The stored list after a change: replaced, or with the difference between `base` and `next` applied. */
function changedClasses(
  stored: readonly StoredClass[],
  next: readonly StoredClass[] | null | undefined,
  base: readonly StoredClass[] | null | undefined,
): StoredClass[] {
  if (!next) return [...stored]
  if (!base) return [...next]
  // A class is identified by name and type.
  const keyOf = ({ name, type }: StoredClass) => JSON.stringify([name, type ?? 'bbox'])
  const before = new Map(base.map((item) => [keyOf(item), JSON.stringify(item)]))
  const after = new Map(next.map((item) => [keyOf(item), item]))
  const kept = stored.flatMap((item) => {
    const key = keyOf(item)
    const changed = after.get(key)
    if (!changed) return before.has(key) ? [] : [item]
    return before.get(key) === JSON.stringify(changed) ? [item] : [changed]
  })
  const there = new Set(stored.map(keyOf))
  const added = next.filter((item) => !before.has(keyOf(item)) && !there.has(keyOf(item)))
  return [...kept, ...added]
}

export function datasetRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage } = service
  const find = (request: Parameters<typeof params>[0]) => state.dataset(params(request).dataset)

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(request, z.strictObject({ ...paging(), archived: flag.default(false) }))
    const items = state.datasets().filter(({ is_archived }) => is_archived === query.archived)
    const shown = page(items, query)
    return { ...shown, data: shown.data.map((item) => showDataset(service, item)) }
  })

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newDatasetBody)
    const dataset = newDataset(body.name, service.at(), {
      description: body.description ?? null,
      readme: body.readme ?? null,
      annotation_types: (body.annotation_types ?? ['bbox']).map((type) =>
        type === 'box' ? 'bbox' : type,
      ),
      classes: body.classes ?? [],
    })
    state.putDataset(dataset)
    reply.status(201)
    return { data: showDataset(service, dataset) }
  })

  app.get(`${BASE}/:dataset`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        include_images: flag.default(false),
        images_limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
        images_offset: z.coerce.number().int().min(0).default(0),
      }),
    )
    const dataset = find(request)
    const shown = showDataset(service, dataset)
    if (!query.include_images) return { data: shown }
    const images = state
      .images(dataset.id)
      .filter(({ is_archived }) => !is_archived)
      .slice(query.images_offset, query.images_offset + query.images_limit)
    return { data: { ...shown, images: images.map((image) => showImage(service, dataset, image)) } }
  })

  app.patch(`${BASE}/:dataset`, (request) => {
    requireRole(request, 'member')
    const { new_name, classes, classes_base, annotation_types, readme, description } = bodyOf(
      request,
      datasetChange,
    )
    const before = find(request)
    const dataset: StoredDataset = {
      ...before,
      name: new_name ?? before.name,
      classes: changedClasses(before.classes, classes, classes_base),
      annotation_types: annotation_types ?? before.annotation_types,
      readme: readme ?? before.readme,
      description: description ?? before.description,
      updated_at: service.at(),
    }
    state.putDataset(dataset)
    return { data: showDataset(service, dataset) }
  })

  app.delete(`${BASE}/:dataset`, (request) => {
    requireRole(request, 'admin')
    queryOf(request, NO_QUERY)
    const { id, name } = find(request)
    return { data: { id, name, deleted: true, images_deleted: state.deleteDataset(id) } }
  })

  for (const verb of ['archive', 'unarchive'] as const) {
    app.post(`${BASE}/:dataset/${verb}`, (request) => {
      requireRole(request, 'admin')
      bodyOf(request, NO_BODY)
      const before = find(request)
      if (before.is_archived === (verb === 'archive')) return { data: showDataset(service, before) }
      const is_archived = verb === 'archive'
      const dataset = { ...before, is_archived, archived_at: is_archived ? service.at() : null }
      state.putDataset(dataset)
      return { data: showDataset(service, dataset) }
    })
  }

  app.get(`${BASE}/:dataset/insights`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: insights(state, find(request)) }
  })

  app.get(`${BASE}/:dataset/download`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        mode: z.enum(['full', 'images_only', 'annotations_only']).default('full'),
        limit: z.coerce.number().int().min(1).max(DOWNLOAD_CAP).default(DOWNLOAD_CAP),
        status_filter: z.enum(['new', 'annotate', 'review', 'complete']).optional(),
      }),
    )
    const dataset = find(request)
    if (query.mode !== 'annotations_only') requireWarm(dataset)
    const items = state
      .images(dataset.id)
      .filter(({ is_archived }) => !is_archived)
      .filter(({ status }) => query.status_filter === undefined || status === query.status_filter)
      .slice(0, query.limit)
      .map((image) => ({
        id: image.id,
        filename: image.filename,
        file_size: image.file_size,
        annotation_count: image.annotation_count,
        directory_path: image.directory_path,
        ...(query.mode !== 'annotations_only' && {
          image_url: storage.sign('GET', image.object, 60),
        }),
        ...(query.mode !== 'images_only' && {
          annotation_url: `/api/v1/developer/annotations/${image.id}/file`,
        }),
      }))
    return { data: { id: dataset.id, items, total_items: items.length } }
  })
}
