import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { cleanDirectory } from '#emulator/directories.ts'
import { requireRoom } from '#emulator/plan.ts'
import { conflict, InvalidRequest, Problem } from '#emulator/problems.ts'
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
  API,
  bodyOf,
  flag,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
  showImage,
} from '#emulator/service.ts'
import { newId, type StoredDataset, type StoredImage } from '#emulator/state.ts'

const BASE = `${API}/images`
const EXTENSIONS = /\.(jpe?g|png|gif|bmp|webp|tiff?|hei[cf])$/i
const UPLOAD_MINUTES = 15

/** How the service cleans a file name: no separators, no control characters, no spaces at the ends. */
function sanitised(filename: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return filename.replace(/[\\/:*?"<>|\u0000-\u001f]/g, '_').trim()
}

export function imageRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage } = service
  /** Issued but unregistered addresses, by the requested dataset, directory and name. */
  const pending = new Map<string, string>()
  const key = (dataset: StoredDataset, directory: string, filename: string) =>
    JSON.stringify([dataset.id, cleanDirectory(directory), filename])

  const writable = (name: string): StoredDataset => {
    const dataset = state.dataset(name)
    requireWarm(dataset)
    return dataset
  }
  /** The bytes of an image. Throws a 409 if they are in cold storage. */
  const bytesOf = (image: StoredImage): Promise<Buffer> => {
    requireWarm(state.dataset(image.dataset_id))
    return storage.bytes(image.object)
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
      throw new Problem(400, 'validation_error', `'${body.filename}' was not uploaded`)
    requireRoom(service, 1)
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
    showImage(service, dataset, { ...image, ...state.computed(image.id) })

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(),
        dataset: z.string(),
        directory_path: z.string().optional(),
        status: z.enum(['new', 'annotate', 'review', 'complete']).optional(),
        split: z.enum(['train', 'val', 'test']).optional(),
        include_archived: flag.default(false),
        min_confidence_lt: z.coerce.number().min(0).max(1).optional(),
        filename: z.string().optional(),
      }),
    )
    const dataset = state.dataset(query.dataset)
    const directory =
      query.directory_path === undefined ? undefined : cleanDirectory(query.directory_path)
    const items = state
      .images(dataset.id)
      .filter(
        (image) =>
          (query.include_archived || !image.is_archived) &&
          (directory === undefined || image.directory_path === directory) &&
          (query.status === undefined || image.status === query.status) &&
          (query.split === undefined || image.split === query.split) &&
          (query.filename === undefined || image.filename === query.filename) &&
          (query.min_confidence_lt === undefined ||
            (image.min_confidence !== null && image.min_confidence < query.min_confidence_lt)),
      )
    const result = page(items, query)
    return { ...result, data: result.data.map((image) => showImage(service, dataset, image)) }
  })

  app.post(`${BASE}/upload-url`, (request) => {
    requireRole(request, 'member')
    const { dataset, ...image } = bodyOf(request, uploadUrl)
    requireRoom(service, 1)
    return { data: { ...giveUrl(writable(dataset), image), expires_in_minutes: UPLOAD_MINUTES } }
  })

  app.post(`${BASE}/bulk-upload-url`, (request) => {
    requireRole(request, 'member')
    const { dataset, images } = bodyOf(request, bulkUploadUrl)
    const target = writable(dataset)
    requireRoom(service, images.length)
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
      for (const { annotation_count: _count, min_confidence: _lowest, ...image } of images) {
        const kept = image.tags.filter((tag) => !tags.includes(tag))
        state.updateImage({ ...image, tags: add ? [...kept, ...tags] : kept })
      }
    })
    return { data: { processed: images.length, tags, added: add } }
  })

  app.post(`${BASE}/assign-splits`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, assignSplits)
    const { id } = state.dataset(body.dataset)
    // It needs an embedding of the images, which the emulator does not have.
    if (body.split_mode === 'embedding')
      throw conflict('The dataset has no embedding map yet: compute it first')
    const rank = (image: StoredImage) =>
      createHash('sha256').update(`${body.seed} ${image.id}`).digest('hex')
    const images = state
      .images(id)
      .filter(({ is_archived }) => !is_archived)
      .map((image) => ({ image, key: rank(image) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ image }) => image)
    const whole = body.train + body.val + body.test
    const val = Math.floor((images.length * body.val) / whole)
    const test = Math.floor((images.length * body.test) / whole)
    state.transaction(() =>
      images.forEach(({ annotation_count: _count, min_confidence: _lowest, ...image }, index) => {
        const name = index < val ? 'val' : index < val + test ? 'test' : 'train'
        state.updateImage({ ...image, split: name })
      }),
    )
    const train = images.length - val - test
    return { data: { processed: images.length, train, val, test } }
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
    return bytesOf(image)
  })

  app.get(`${BASE}/:dataset/*`, async (request, reply) => {
    queryOf(request, NO_QUERY)
    const { dataset, '*': path } = params(request)
    const bundled = /^(.*)\/data-bundle$/.exec(path)
    const image = state.imageAt(state.dataset(dataset), bundled?.[1] ?? path)
    if (!bundled) {
      reply.type(image.content_type)
      return bytesOf(image)
    }
    const zip = new ZipFile()
    zip.addBuffer(await bytesOf(image), image.filename)
    const annotations = { image: image.filename, annotations: state.annotations(image.id) }
    zip.addBuffer(Buffer.from(JSON.stringify(annotations)), `${image.filename}.json`)
    const manifest = { image_id: image.id, filename: image.filename, depth_map: null }
    zip.addBuffer(Buffer.from(JSON.stringify(manifest)), 'manifest.json')
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
      return { data: { id: image.id, split: body.split } }
    }
    const { action, note } = bodyOf(request, review)
    const status = action === 'approve' ? 'complete' : 'annotate'
    state.updateImage({ ...image, status })
    return { data: { id: image.id, status, review_note: note ?? null, processed: 1 } }
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    const { permanent } = queryOf(request, z.strictObject({ permanent: flag.default(false) }))
    requireRole(request, permanent ? 'admin' : 'member')
    const { dataset, '*': path } = params(request)
    const image = state.imageAt(state.dataset(dataset), path)
    if (permanent) state.deleteImage(image.id)
    else state.updateImage({ ...image, is_archived: true })
    return { success: true, message: permanent ? 'Image deleted' : 'Image archived' }
  })
}
