import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { around, pointsOf } from '#emulator/geometry.ts'
import { imageBySlot } from '#emulator/image-slot.ts'
import {
  addClasses,
  addFound,
  eachImage,
  IMAGE_PRICE,
  LABEL_JOBS,
  startLabelJob,
} from '#emulator/label-jobs.ts'
import { InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import { found } from '#emulator/sam3.ts'
import { bodyOf, requireRole, requireWarm, type Service } from '#emulator/service.ts'

const MAX_IMAGES = 2_000

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

/** Finds objects similar to examples on the other images of a folder or dataset. */
export function similarRoutes(app: FastifyInstance, service: Service): void {
  const { state, credits } = service

  /** The examples of a request for similar objects, and the images to search. */
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
    const images = others.slice(0, MAX_IMAGES)
    const target = body.target_class ?? examples[0].name
    const price = images.length * IMAGE_PRICE
    return { dataset, image, examples, others, images, target, price }
  }

  app.post(`${LABEL_JOBS}/similar`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, similar)
    const { dataset, examples, images, target, price } = similarOf(body)
    credits.check(price)
    const box = around(pointsOf(examples[0]))
    return startLabelJob(service, dataset, images, price, async (job) => {
      addClasses(state, dataset.id, [
        { name: target, type: body.output_type === 'polygon' ? 'polygon' : 'bbox' },
      ])
      await eachImage(state, job, images, (image) => {
        const one = found(target, box, body.output_type === 'polygon' ? 'polygon' : 'bbox')
        const { x, y, w, h } = box
        const oriented_box = { cx: x + w / 2, cy: y + h / 2, w, h, angle: 0 }
        const isRotated = body.output_type === 'obb' && one.type === 'bbox'
        return addFound(state, image, [isRotated ? { ...one, oriented_box } : one])
      })
      // Charged by actual use after it has succeeded.
      if (!job.signal.aborted)
        credits.charge('sam3_auto_annotation', price, `Similar objects on ${images.length} images`)
    })
  })

  app.post(`${LABEL_JOBS}/similar/quote`, (request) => {
    const body = bodyOf(request, similar)
    const { image, examples, others, images, target, price } = similarOf(body)
    return {
      total_images: images.length,
      total_in_scope: others.length,
      capped: others.length > MAX_IMAGES,
      max_images: MAX_IMAGES,
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
