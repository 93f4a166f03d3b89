import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { around, type Box, pointsOf } from '#emulator/geometry.ts'
import { imageBySlot } from '#emulator/image-slot.ts'
import type { Job, JobHandle } from '#emulator/jobs.ts'
import { InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import { found, SCORE } from '#emulator/sam3.ts'
import type { StoredAnnotation, StoredClass } from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  NO_BODY,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
} from '#emulator/service.ts'
import type { StoredDataset, StoredImage } from '#emulator/state.ts'

const BASE = `${API}/auto-annotate`
const TYPE = 'auto_annotate'
const MAX_IMAGES = 5_000
const MAX_SIMILAR = 2_000
/** Micro-USD for one image of a job; each tile of a sliced one costs as much. */
const IMAGE_PRICE = 1_200

const jobClass = z.strictObject({
  name: z.string().min(1),
  output_type: z.enum(['polygon', 'bbox', 'tag']).default('polygon'),
})
const settings = {
  classes: z.array(jobClass).default([]),
  model_id: z.string().nullish(),
  sahi_enabled: z.boolean().default(false),
  sahi_slice_size: z.number().int().min(256).max(1024).default(640),
}
const newBatch = z.strictObject({
  dataset_name: z.string(),
  image_filenames: z.array(z.string()).min(1).max(MAX_IMAGES),
  confidence_threshold: z.number().min(0).max(1).default(0.5),
  top_k: z.number().int().min(1).default(1),
  ...settings,
})
const batchQuote = z.strictObject({
  dataset_name: z.string().nullish(),
  image_filenames: z.array(z.string()).default([]),
  projected: z
    .array(
      z.strictObject({
        count: z.number().int().min(0),
        width: z.number().int().min(1).nullish(),
        height: z.number().int().min(1).nullish(),
      }),
    )
    .default([]),
  ...settings,
})
const similar = z.strictObject({
  dataset_name: z.string(),
  image_filename: z.string(),
  annotation_ids: z.array(z.string()).min(1).optional(),
  reference_class: z.string().min(1).optional(),
  scope: z.enum(['directory', 'dataset']).default('directory'),
  output_type: z.enum(['polygon', 'bbox', 'obb']).default('polygon'),
  target_class: z.string().min(1).optional(),
  confidence: z.number().min(0.2).max(0.8).optional(),
})

type Settings = Pick<
  z.infer<typeof newBatch>,
  'classes' | 'model_id' | 'sahi_enabled' | 'sahi_slice_size'
>

/** Where the service would find an object that it was asked for, without a model: by the class's name. */
function place(image: StoredImage, name: string): Box {
  const seed = [...`${image.id}${name}`].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  const [width, height] = [image.width ?? 100, image.height ?? 100]
  const [w, h] = [Math.max(2, Math.floor(width / 4)), Math.max(2, Math.floor(height / 4))]
  return { x: seed % (width - w), y: (seed * 7) % (height - h), w, h }
}

/** Labelling many images in the background. */
export function annotateJobRoutes(app: FastifyInstance, service: Service): void {
  const { state, credits, jobs } = service

  const checkSettings = ({ classes, model_id, sahi_enabled }: Settings) => {
    const isOwnModel = model_id != null && model_id !== 'sam3'
    if (classes.length === 0 && !isOwnModel)
      throw new InvalidRequest(
        [{ loc: ['body', 'classes'], msg: 'is empty, without a model' }],
        400,
      )
    if (sahi_enabled && isOwnModel)
      throw new InvalidRequest([{ loc: ['body', 'sahi_enabled'], msg: 'is for SAM3 alone' }], 400)
    if (isOwnModel && !state.collection('model').get(model_id)) throw notFound('Model')
  }

  const tilesOf = (
    { width, height }: { width?: number | null | undefined; height?: number | null | undefined },
    { sahi_enabled, sahi_slice_size }: Settings,
  ) =>
    sahi_enabled
      ? Math.ceil((width ?? 1_920) / sahi_slice_size) *
        Math.ceil((height ?? 1_080) / sahi_slice_size)
      : 0
  const priceOf = (tiles: number) => IMAGE_PRICE * Math.max(1, tiles)

  /** Adds what was found beside what is there; a double of its class is left out. Answers how many were added. */
  const add = (image: StoredImage, additions: readonly StoredAnnotation[]): number => {
    const before = state.annotations(image.id)
    const boxes = new Set(
      before.map((item) => JSON.stringify([item.name, item.type, around(pointsOf(item))])),
    )
    const fresh = additions.filter(
      (item) => !boxes.has(JSON.stringify([item.name, item.type, around(pointsOf(item))])),
    )
    if (fresh.length > 0) state.setAnnotations(image.id, [...before, ...fresh])
    return fresh.length
  }

  const addClasses = (datasetId: string, wanted: readonly StoredClass[]) => {
    const dataset = state.dataset(datasetId)
    const missing = wanted.filter(({ name }) => !dataset.classes.some((own) => own.name === name))
    if (missing.length > 0)
      state.putDataset({ ...dataset, classes: [...dataset.classes, ...missing] })
  }

  /** Works on image after image, and tells how far it is. */
  const eachImage = async (
    job: JobHandle,
    images: readonly StoredImage[],
    label: (image: StoredImage) => number,
  ) => {
    let total_annotations_added = 0
    for (const [index, { id }] of images.entries()) {
      // Others work, too, and it may be cancelled.
      await setImmediate()
      if (job.signal.aborted) return
      state.transaction(() => {
        total_annotations_added += label(state.imageById(id))
        const detail = { processed_images: index + 1, total_annotations_added }
        job.report({ progress: Math.floor(((index + 1) / images.length) * 99), detail })
      })
    }
  }

  const shown = ({ id, status, progress, error, completed_at, detail }: Job) => ({
    job_id: id,
    job: id,
    status: status === 'queued' ? 'pending' : status,
    progress: Math.floor(progress),
    ...detail,
    error_message: error,
    completed_at,
  })

  const start = (
    dataset: StoredDataset,
    images: readonly StoredImage[],
    work: (job: JobHandle) => Promise<void>,
  ) =>
    jobs.start(
      {
        type: TYPE,
        name: `Auto-annotate ${images.length} images`,
        datasetId: dataset.id,
        detail: {
          total_images: images.length,
          processed_images: 0,
          total_annotations_added: 0,
          failed_images: 0,
        },
        cancelPath: (id) => `${BASE}/batch/${id}/cancel`,
      },
      work,
    )

  const kicked = (job: Job, estimated_credits: number) => ({
    success: true,
    ...shown(job),
    estimated_credits,
  })

  app.post(`${BASE}/batch`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newBatch)
    checkSettings(body)
    const dataset = state.dataset(body.dataset_name)
    requireWarm(dataset)
    const images = body.image_filenames.map((slot) => imageBySlot(state, dataset, slot))
    const price = images.reduce((sum, image) => sum + priceOf(tilesOf(image, body)), 0)
    credits.charge('sam3_auto_annotation', price, `Auto-annotate ${images.length} images`)
    const isSure = body.confidence_threshold <= SCORE
    const shapes = body.classes.filter(({ output_type }) => output_type !== 'tag')
    const tags = body.classes.flatMap(({ name, output_type }) =>
      output_type === 'tag' ? name : [],
    )
    const job = start(dataset, images, async (handle) => {
      addClasses(
        dataset.id,
        shapes.map(({ name, output_type }) => ({ name, type: output_type })),
      )
      await eachImage(handle, images, (image) => {
        if (!isSure) return 0
        if (tags.length > 0)
          state.updateImage({ ...image, tags: [...new Set([...image.tags, ...tags])] })
        return add(
          image,
          shapes.map(({ name, output_type }) =>
            found(name, place(image, name), output_type === 'bbox' ? 'bbox' : 'polygon'),
          ),
        )
      })
    })
    return kicked(job, price)
  })

  app.post(`${BASE}/batch/quote`, (request) => {
    const body = bodyOf(request, batchQuote)
    if (body.image_filenames.length > 0 && body.dataset_name == null)
      throw new InvalidRequest([{ loc: ['body', 'dataset_name'], msg: 'is needed for images' }])
    checkSettings(body)
    const dataset = body.dataset_name == null ? null : state.dataset(body.dataset_name)
    const known = dataset
      ? body.image_filenames.map((slot) => imageBySlot(state, dataset, slot))
      : []
    const groups = [...known.map((image) => ({ ...image, count: 1 })), ...body.projected]
    const total_images = groups.reduce((sum, { count }) => sum + count, 0)
    const sahi_tiles = groups.reduce((sum, group) => sum + group.count * tilesOf(group, body), 0)
    const estimated_credits = groups.reduce(
      (sum, group) => sum + group.count * priceOf(tilesOf(group, body)),
      0,
    )
    return {
      total_images,
      estimated_credits,
      sahi_tiles,
      containers: Math.ceil(total_images / 500),
      remaining_credits: credits.spendable,
      sufficient: credits.spendable >= estimated_credits,
      max_images: MAX_IMAGES,
      exceeds_max_images: total_images > MAX_IMAGES,
    }
  })

  app.get(`${BASE}/batch/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return shown(jobs.get(params(request).id, TYPE))
  })

  app.post(`${BASE}/batch/:id/cancel`, (request) => {
    requireRole(request, 'member')
    bodyOf(request, NO_BODY)
    return shown(jobs.cancel(params(request).id, TYPE))
  })

  /** The examples of a request for similar objects, and the images where they are looked for. */
  const similarOf = (body: z.infer<typeof similar>) => {
    if ((body.annotation_ids === undefined) === (body.reference_class === undefined))
      throw new InvalidRequest([
        { loc: ['body', 'annotation_ids'], msg: 'or reference_class names the examples' },
      ])
    const dataset = state.dataset(body.dataset_name)
    requireWarm(dataset)
    const image = imageBySlot(state, dataset, body.image_filename)
    const examples = state
      .annotations(image.id)
      .filter(({ id, name, type }) =>
        body.annotation_ids
          ? body.annotation_ids.includes(id)
          : type === 'polygon' && name === body.reference_class,
      )
    if (examples.length === 0) throw notFound('No example')
    if (examples.some(({ type }) => type !== 'polygon'))
      throw new Problem(422, 'validation_error', 'Examples are polygons')
    const others = state
      .images(dataset.id)
      .filter(
        ({ id, is_archived, directory_path }) =>
          id !== image.id &&
          !is_archived &&
          (body.scope === 'dataset' || directory_path === image.directory_path),
      )
    const images = others.slice(0, MAX_SIMILAR)
    const target = body.target_class ?? examples[0].name
    const price = images.length * IMAGE_PRICE
    return { dataset, image, examples, others, images, target, price }
  }

  app.post(`${BASE}/similar`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, similar)
    const { dataset, examples, images, target, price } = similarOf(body)
    credits.check(price)
    const box = around(pointsOf(examples[0]))
    const job = start(dataset, images, async (handle) => {
      addClasses(dataset.id, [
        { name: target, type: body.output_type === 'polygon' ? 'polygon' : 'bbox' },
      ])
      await eachImage(handle, images, (image) => {
        const one = found(target, box, body.output_type === 'polygon' ? 'polygon' : 'bbox')
        const { x, y, w, h } = box
        const oriented_box = { cx: x + w / 2, cy: y + h / 2, w, h, angle: 0 }
        const isRotated = body.output_type === 'obb' && one.type === 'bbox'
        return add(image, [isRotated ? { ...one, oriented_box } : one])
      })
      // It is paid by what it took, once it has ended well.
      if (!handle.signal.aborted)
        credits.charge('sam3_auto_annotation', price, `Similar objects on ${images.length} images`)
    })
    return kicked(job, price)
  })

  app.post(`${BASE}/similar/quote`, (request) => {
    const body = bodyOf(request, similar)
    const { image, examples, others, images, target, price } = similarOf(body)
    return {
      total_images: images.length,
      total_in_scope: others.length,
      capped: others.length > MAX_SIMILAR,
      max_images: MAX_SIMILAR,
      estimated_credits: price,
      containers: Math.ceil(images.length / 500),
      remaining_credits: credits.spendable,
      sufficient: credits.spendable >= price,
      examples: examples.length,
      target_class: target,
      output_type: body.output_type,
      scope: body.scope,
      directory: image.directory_path,
    }
  })
}
