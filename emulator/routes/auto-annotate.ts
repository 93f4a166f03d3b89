import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { bodyOf, requireRole, type Service } from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'

const BASE = '/api/v1/developer/auto-annotate/sam3'
const whole = z.number().int()
const pixels = z.array(z.tuple([whole, whole])).optional()
const target = { dataset_name: z.string(), image_filename: z.string() }
const share = z.number().min(0).max(1)

const byPoint = z.strictObject({
  ...target,
  x: whole,
  y: whole,
  name: z.string(),
  positive_points: pixels,
  negative_points: pixels,
  score_threshold: share,
})
const box = z.strictObject({
  x: z.number(),
  y: z.number(),
  w: z.number().gt(0),
  h: z.number().gt(0),
})
const byBox = z.strictObject({
  ...target,
  box,
  name: z.string(),
  confidence_threshold: share,
  return_polygon: z.boolean(),
  negative_boxes: z.array(box).optional(),
})
const byText = z.strictObject({
  ...target,
  text_prompt: z.string().min(1),
  output_type: z.enum(['polygon', 'bbox']),
  confidence_threshold: share,
  max_detections: z.number().int().min(1),
})

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SCORE = 0.9

/** An eight-sided outline: what a model would find, without a model. */
function found(name: string, { x, y, w, h }: z.infer<typeof box>, asPolygon: boolean) {
  const common = { id: newId(), name, confidence: SCORE }
  if (!asPolygon) return { ...common, type: 'bbox', bounding_box: { x, y, w, h } }
  const ring = Array.from({ length: 8 }, (_, index) => {
    const angle = (index / 8) * 2 * Math.PI
    return { x: x + (w / 2) * (1 + Math.cos(angle)), y: y + (h / 2) * (1 + Math.sin(angle)) }
  })
  return { ...common, type: 'polygon', polygon: { paths: [ring] } }
}

/** Answers of the right form for assisted labelling; a class of the dataset is found, anything else is not. */
export function autoAnnotateRoutes(app: FastifyInstance, { state }: Service): void {
  const find = (dataset: string, image: string) => {
    const owner = state.dataset(dataset)
    // A path inside the dataset, or a UUID.
    const found = UUID.test(image) ? state.imageById(image) : state.imageAt(owner, image)
    return { owner, image: found }
  }

  app.post(`${BASE}/point`, (request) => {
    requireRole(request, 'member')
    const { dataset_name, image_filename, x, y, name } = bodyOf(request, byPoint)
    find(dataset_name, image_filename)
    const annotation = found(name, { x: x - 20, y: y - 20, w: 40, h: 40 }, true)
    return { status: 'success', annotation, score: SCORE, inference_time: 0.1 }
  })

  app.post(`${BASE}/box`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, byBox)
    find(body.dataset_name, body.image_filename)
    // Asked for an outline, the service answers the box of the same object as well.
    const annotations = [found(body.name, body.box, false)]
    if (body.return_polygon) annotations.push(found(body.name, body.box, true))
    return { status: 'success', annotations, score: SCORE, inference_time: 0.1 }
  })

  app.post(`${BASE}/text`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, byText)
    const { owner } = find(body.dataset_name, body.image_filename)
    const known = owner.classes.some(({ name }) => name === body.text_prompt)
    if (!known) return { status: 'no_detection', annotations: [], inference_time: 0.1 }
    const annotations = Array.from({ length: Math.min(3, body.max_detections) }, (_, index) =>
      found(
        body.text_prompt,
        { x: 10 + index * 45, y: 20, w: 40, h: 50 },
        body.output_type === 'polygon',
      ),
    )
    return { status: 'success', annotations, score: SCORE, inference_time: 0.1 }
  })
}
