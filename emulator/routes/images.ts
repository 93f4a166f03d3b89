import { buffer } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { InvalidRequest, Problem } from '#emulator/problems.ts'
import {
  assignSplits,
  bulkRegister,
  bulkTag,
  bulkUploadUrl,
  type Registration,
  register,
  review,
  split,
  uploadUrl,
} from '#emulator/schemas.ts'
import {
  bodyOf,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  type Service,
  showImage,
} from '#emulator/service.ts'
import { newId, type StoredDataset, type StoredImage } from '#emulator/state.ts'

const BASE = '/api/v1/developer/images'
const EXTENSIONS = /\.(jpe?g|png|gif|bmp|webp|tiff?|hei[cf])$/i
const UPLOAD_MINUTES = 15
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** What the service makes of a file name: no separators, no control characters, no spaces at the ends. */
function sanitised(filename: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return filename.replace(/[\\/:*?"<>|\u0000-\u001f]/g, '_').trim()
}

function cleanDirectory(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new InvalidRequest([{ loc: ['body', 'directory_path'], msg: 'must not contain ..' }])
  return `/${parts.join('/')}`
}

export function imageRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage } = service
  /** Addresses that were given and not registered yet, by dataset, directory and name as they were asked for. */
  const pending = new Map<string, string>()
  const key = (dataset: StoredDataset, directory: string, filename: string) =>
    JSON.stringify([dataset.id, cleanDirectory(directory), filename])

  const writable = (name: string): StoredDataset => {
    const dataset = state.dataset(name)
    if (dataset.storage_class === 'coldline')
      throw new Problem(
        409,
        'dataset_cold',
        `'${dataset.name}' is in cold storage and takes no uploads`,
      )
    return dataset
  }

  const giveUrl = (
    dataset: StoredDataset,
    image: { filename: string; directory_path: string; content_type: string },
  ) => {
    if (!EXTENSIONS.test(image.filename) || !image.content_type.startsWith('image/'))
      throw new InvalidRequest(
        [{ loc: ['body', 'filename'], msg: 'is not an image type we take' }],
        400,
      )
    const object = storage.newObject()
    pending.set(key(dataset, image.directory_path, image.filename), object)
    return {
      filename: sanitised(image.filename),
      directory_path: cleanDirectory(image.directory_path),
      upload_url: storage.sign('PUT', object, UPLOAD_MINUTES),
    }
  }

  const registerOne = (
    dataset: StoredDataset,
    body: Omit<Registration, 'dataset'>,
  ): StoredImage => {
    const place = key(dataset, body.directory_path, body.filename)
    const object = pending.get(place)
    if (object === undefined || !storage.has(object))
      throw new Problem(400, 'not_uploaded', `'${body.filename}' was not uploaded`)
    const image: StoredImage = {
      id: newId(),
      dataset_id: dataset.id,
      directory_path: cleanDirectory(body.directory_path),
      filename: sanitised(body.filename),
      status: 'new',
      split: null,
      tags: [],
      file_size: body.file_size,
      width: body.width,
      height: body.height,
      content_type: body.content_type,
      is_archived: false,
      object,
      created_at: new Date(service.now()).toISOString(),
    }
    state.addImage(image)
    pending.delete(place)
    return image
  }

  const shown = (dataset: StoredDataset, image: StoredImage) =>
    showImage(service, dataset, { ...image, annotation_count: state.annotations(image.id).length })

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging,
        dataset: z.string(),
        directory_path: z.string().optional(),
        status: z.string().optional(),
        split: z.string().optional(),
        include_archived: flag.default(false),
        min_confidence_lt: z.coerce.number().optional(),
        filename: z.string().optional(),
      }),
    )
    const dataset = state.dataset(query.dataset)
    const items = state
      .images(dataset.id)
      .filter(
        (image) =>
          (query.include_archived || !image.is_archived) &&
          (query.directory_path === undefined || image.directory_path === query.directory_path) &&
          (query.status === undefined || image.status === query.status) &&
          (query.split === undefined || image.split === query.split) &&
          (query.filename === undefined || image.filename === query.filename),
      )
    const result = page(items, query.limit, query.offset)
    return { ...result, data: result.data.map((image) => showImage(service, dataset, image)) }
  })

  app.post(`${BASE}/upload-url`, (request) => {
    requireRole(request, 'member')
    const { dataset, ...image } = bodyOf(request, uploadUrl)
    return { data: { ...giveUrl(writable(dataset), image), expires_in_minutes: UPLOAD_MINUTES } }
  })

  app.post(`${BASE}/bulk-upload-url`, (request) => {
    requireRole(request, 'member')
    const { dataset, images } = bodyOf(request, bulkUploadUrl)
    const target = writable(dataset)
    const upload_urls = images.map((image) => giveUrl(target, image))
    return { data: { upload_urls, expires_in_minutes: UPLOAD_MINUTES } }
  })

  app.post(`${BASE}/register`, (request, reply) => {
    requireRole(request, 'member')
    const { dataset: name, ...image } = bodyOf(request, register)
    const dataset = writable(name)
    const stored = registerOne(dataset, image)
    reply.status(201)
    return { data: shown(dataset, stored) }
  })

  app.post(`${BASE}/bulk-register`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, images } = bodyOf(request, bulkRegister)
    const dataset = writable(name)
    const succeeded: unknown[] = []
    const failed: unknown[] = []
    for (const image of images) {
      try {
        succeeded.push(shown(dataset, registerOne(dataset, image)))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const { filename, directory_path } = image
        failed.push({ filename, directory_path, error: error.message })
      }
    }
    return { data: { succeeded, failed, count: succeeded.length } }
  })

  app.post(`${BASE}/bulk-tag`, (request) => {
    requireRole(request, 'member')
    const { dataset, image_ids, tags, add } = bodyOf(request, bulkTag)
    const { id } = state.dataset(dataset)
    const wanted = new Set(image_ids)
    const images = state.images(id).filter((image) => wanted.has(image.id))
    state.transaction(() => {
      for (const { annotation_count: _count, ...image } of images) {
        const kept = image.tags.filter((tag) => !tags.includes(tag))
        state.updateImage({ ...image, tags: add ? [...kept, ...tags] : kept })
      }
    })
    return { data: { processed: images.length } }
  })

  app.post(`${BASE}/assign-splits`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, assignSplits)
    const { id } = state.dataset(body.dataset)
    const images = state.images(id).sort((a, b) => (a.id < b.id ? -1 : 1))
    const whole = body.train + body.val + body.test
    const trainEnd = Math.round((body.train / whole) * images.length)
    const valEnd = Math.round(((body.train + body.val) / whole) * images.length)
    const counts = { train: 0, val: 0, test: 0 }
    state.transaction(() =>
      images.forEach(({ annotation_count: _count, ...image }, index) => {
        const name = index < trainEnd ? 'train' : index < valEnd ? 'val' : 'test'
        counts[name]++
        state.updateImage({ ...image, split: name })
      }),
    )
    return { data: { processed: images.length, ...counts } }
  })

  app.get(`${BASE}/:id/metadata`, (request) => {
    queryOf(request, NO_QUERY)
    const image = state.imageById(params(request).id)
    return { data: shown(state.dataset(image.dataset_id), image) }
  })

  app.get(`${BASE}/:id`, async (request, reply) => {
    queryOf(request, NO_QUERY)
    const image = state.imageById(params(request).id)
    reply.type(image.content_type)
    return storage.bytes(image.object)
  })

  app.get(`${BASE}/:dataset/*`, async (request, reply) => {
    queryOf(request, NO_QUERY)
    const { dataset, '*': path } = params(request)
    const bundled = /^(.*)\/data-bundle$/.exec(path)
    const image = state.imageAt(state.dataset(dataset), bundled?.[1] ?? path)
    if (!bundled) {
      reply.type(image.content_type)
      return storage.bytes(image.object)
    }
    const zip = new ZipFile()
    zip.addBuffer(await storage.bytes(image.object), image.filename)
    const annotations = { image: image.filename, annotations: state.annotations(image.id) }
    zip.addBuffer(Buffer.from(JSON.stringify(annotations)), `${image.filename}.json`)
    zip.addBuffer(Buffer.from(JSON.stringify({ id: image.id })), 'manifest.json')
    zip.end()
    reply.type('application/zip')
    return buffer(zip.outputStream)
  })

  app.post(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { dataset, '*': rest } = params(request)
    const verb = /^(.*)\/(split|review)$/.exec(rest)
    if (!verb) throw new Problem(404, 'not_found', 'There is no such route')
    const image = state.imageAt(state.dataset(dataset), verb[1])
    if (verb[2] === 'split') {
      const body = bodyOf(request, split)
      state.updateImage({ ...image, split: body.split })
      return { data: { split: body.split } }
    }
    const { action, note } = bodyOf(request, review)
    const status = action === 'approve' ? 'complete' : 'annotate'
    state.updateImage({ ...image, status })
    return { data: { status, review_note: note ?? null } }
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { permanent } = queryOf(request, z.strictObject({ permanent: flag.default(false) }))
    const { dataset, '*': path } = params(request)
    const image = state.imageAt(state.dataset(dataset), path)
    if (permanent) state.deleteImage(image.id)
    else state.updateImage({ ...image, is_archived: true })
    return { data: { id: image.id, deleted: permanent, archived: !permanent } }
  })
}
