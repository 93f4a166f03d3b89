import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { imageBySlot } from '#emulator/image-slot.ts'
import { atPoints, found, PROMPT_PRICE, row, SCORE } from '#emulator/sam3.ts'
import { API, bodyOf, requireRole, requireWarm, type Service } from '#emulator/service.ts'

const BASE = `${API}/auto-annotate/sam3`
const target = { dataset_name: z.string(), image_filename: z.string() }
const share = z.number().min(0).max(1)
const pixel = z.number().int().min(0)
const pair = z.tuple([pixel, pixel])

const byPoint = z.strictObject({
  ...target,
  x: pixel,
  y: pixel,
  name: z.string().min(1).default('object'),
  positive_points: z.array(pair).nullish(),
  negative_points: z.array(pair).nullish(),
  score_threshold: share.default(0.75),
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
  name: z.string().min(1),
  confidence_threshold: share.default(0.5),
  return_polygon: z.boolean().default(true),
  negative_boxes: z.array(box).nullish(),
})
const byText = z.strictObject({
  ...target,
  text_prompt: z.string().trim().min(1),
  output_type: z.enum(['polygon', 'bbox']).default('polygon'),
  confidence_threshold: share.default(0.3),
  max_detections: z.number().int().min(1).max(100).default(50),
})

/**
 * Prompts on stored images. Realistic answers without a model: a class of the dataset is found, any other phrase is
 * not; a threshold above `SCORE` finds nothing.
 */
export function autoAnnotateRoutes(app: FastifyInstance, { state, credits }: Service): void {
  const INFERENCE_SECONDS = 0.1
  const pay = (dataset: string, slot: string, prompt: string) => {
    const owner = state.dataset(dataset)
    const image = imageBySlot(state, owner, slot)
    requireWarm(owner)
    credits.charge('sam3_prompt', PROMPT_PRICE, `A ${prompt} prompt on '${image.filename}'`)
    return owner
  }
  const below = { status: 'below_threshold', score: SCORE, inference_time: INFERENCE_SECONDS }

  app.post(`${BASE}/point`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, byPoint)
    pay(body.dataset_name, body.image_filename, 'point')
    if (body.score_threshold > SCORE) return below
    const points = [[body.x, body.y] as const, ...(body.positive_points ?? [])]
    const annotation = atPoints(
      body.name,
      points.map(([x, y]) => ({ x, y })),
      'polygon',
    )
    return { status: 'success', annotation, score: SCORE, inference_time: INFERENCE_SECONDS }
  })

  app.post(`${BASE}/box`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, byBox)
    pay(body.dataset_name, body.image_filename, 'box')
    if (body.confidence_threshold > SCORE) return { ...below, annotations: [] }
    // If the outline is requested, the object comes in two forms.
    const outputs = body.return_polygon ? (['bbox', 'polygon'] as const) : (['bbox'] as const)
    const annotations = outputs.map((output) => found(body.name, body.box, output))
    return { status: 'success', annotations, score: SCORE, inference_time: INFERENCE_SECONDS }
  })

  app.post(`${BASE}/text`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, byText)
    const owner = pay(body.dataset_name, body.image_filename, 'text')
    const isKnown = owner.classes.some(({ name }) => name === body.text_prompt)
    const isSure = body.confidence_threshold <= SCORE
    const annotations =
      isKnown && isSure ? row(body.text_prompt, body.output_type, body.max_detections) : []
    return {
      status: isKnown ? (isSure ? 'success' : 'below_threshold') : 'no_detection',
      annotations,
      detection_count: annotations.length,
      inference_time: INFERENCE_SECONDS,
    }
  })
}
