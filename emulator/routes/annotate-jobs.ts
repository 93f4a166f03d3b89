import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Box } from '#emulator/geometry.ts'
import { imageBySlot } from '#emulator/image-slot.ts'
import {
  addClasses,
  addFound,
  eachImage,
  IMAGE_PRICE,
  LABEL_JOB,
  LABEL_JOBS,
  showLabelJob,
  startLabelJob,
} from '#emulator/label-jobs.ts'
import { InvalidRequest, notFound } from '#emulator/problems.ts'
import { found, SCORE } from '#emulator/sam3.ts'
import {
  bodyOf,
  NO_BODY,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  requireWarm,
  type Service,
} from '#emulator/service.ts'
import type { StoredImage } from '#emulator/state.ts'

const MAX_IMAGES = 5_000

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
type Settings = Pick<
  z.infer<typeof newBatch>,
  'classes' | 'model_id' | 'sahi_enabled' | 'sahi_slice_size'
>

/** Where the emulator "finds" a requested object: derived from the class name, without a model. */
function place(image: StoredImage, name: string): Box {
  const seed = [...`${image.id}${name}`].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  const [width, height] = [image.width ?? 100, image.height ?? 100]
  const [w, h] = [Math.max(2, Math.floor(width / 4)), Math.max(2, Math.floor(height / 4))]
  return { x: seed % (width - w), y: (seed * 7) % (height - h), w, h }
}

/** Labels many images in the background. */
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

  app.post(`${LABEL_JOBS}/batch`, (request) => {
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
    return startLabelJob(service, dataset, images, price, async (job) => {
      addClasses(
        state,
        dataset.id,
        shapes.map(({ name, output_type }) => ({ name, type: output_type })),
      )
      await eachImage(state, job, images, (image) => {
        if (!isSure) return 0
        if (tags.length > 0)
          state.updateImage({ ...image, tags: [...new Set([...image.tags, ...tags])] })
        return addFound(
          state,
          image,
          shapes.map(({ name, output_type }) =>
            found(name, place(image, name), output_type === 'bbox' ? 'bbox' : 'polygon'),
          ),
        )
      })
    })
  })

  app.post(`${LABEL_JOBS}/batch/quote`, (request) => {
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

  app.get(`${LABEL_JOBS}/batch/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return showLabelJob(jobs.get(params(request).id, LABEL_JOB))
  })

  app.post(`${LABEL_JOBS}/batch/:id/cancel`, (request) => {
    requireRole(request, 'member')
    bodyOf(request, NO_BODY)
    return showLabelJob(jobs.cancel(params(request).id, LABEL_JOB))
  })
}
