import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { fieldsOf, uprightSize } from '#emulator/multipart.ts'
import { InvalidRequest } from '#emulator/problems.ts'
import { atPoints, found, PROMPT_PRICE, row, SCORE } from '#emulator/sam3.ts'
import { API, requireRole, type Service } from '#emulator/service.ts'

const FIELDS = [
  'text',
  'box',
  'point',
  'negative_box',
  'name',
  'output',
  'confidence_threshold',
  'max_detections',
]
const PROMPTS = ['text', 'box', 'point'] as const
/** Default thresholds by kind of prompt. */
const USUAL = { text: 0.3, box: 0.5, point: 0.75 }

const invalid = (field: string, msg: string) => new InvalidRequest([{ loc: ['body', field], msg }])

function numbers(field: string, text: string, count: number): number[] {
  const values = text.split(',').map(Number)
  if (values.length !== count || values.some((value) => !Number.isFinite(value)))
    throw invalid(field, `is not ${count} numbers`)
  return values
}

function share(values: readonly string[], usual: number): number {
  if (values.length === 0) return usual
  const value = Number(values[0])
  if (!(value >= 0 && value <= 1)) throw invalid('confidence_threshold', 'is not from 0 to 1')
  return value
}

/** Prompts on a picture in the request, which is not stored. */
export function sam3Routes(app: FastifyInstance, { credits, state }: Service): void {
  const paidFor = state.collection<{ id: string }>('paid_image')

  app.post(`${API}/sam3/predict`, async (request) => {
    requireRole(request, 'member')
    const { file, fields } = fieldsOf(request, FIELDS)
    const given = PROMPTS.filter((kind) => fields[kind].length > 0)
    if (given.length !== 1) throw invalid('text', 'or box or point: exactly one prompt')
    const [prompt] = given
    const [output = 'polygon'] = fields.output
    if (output !== 'polygon' && output !== 'bbox') throw invalid('output', 'is polygon or bbox')
    const confidence_threshold = share(fields.confidence_threshold, USUAL[prompt])
    const name = fields.name[0] ?? (prompt === 'text' ? fields.text[0] : 'object')
    const size = await uprightSize(file)
    const image_sha256 = createHash('sha256')
      .update(new Uint8Array(await file.arrayBuffer()))
      .digest('hex')

    const find = () => {
      if (prompt === 'text') {
        const most = Number(fields.max_detections[0] ?? 50)
        if (!(Number.isInteger(most) && most >= 1 && most <= 100))
          throw invalid('max_detections', 'is not from 1 to 100')
        // Without a dataset, the phrase decides what can be found.
        return fields.text[0].startsWith('no ') ? [] : row(name, output, most)
      }
      if (prompt === 'box') {
        const [x, y, w, h] = numbers('box', fields.box[0], 4)
        for (const box of fields.negative_box) numbers('negative_box', box, 4)
        if (w <= 0 || h <= 0) throw invalid('box', 'has no size')
        return [found(name, { x, y, w, h }, output)]
      }
      const points = fields.point.map((text) => ({
        isNegative: text.endsWith(',neg'),
        at: numbers('point', text.replace(/,neg$/, ''), 2),
      }))
      const positive = points
        .filter(({ isNegative }) => !isNegative)
        .map(({ at: [x, y] }) => ({ x, y }))
      if (positive.length === 0) throw invalid('point', 'needs one that is not negative')
      return [atPoints(name, positive, output)]
    }
    const objects = find()
    // One fee per picture, however many prompts; failures before this point are free.
    if (!paidFor.get(image_sha256)) {
      credits.charge('sam3_prompt', PROMPT_PRICE, `A ${prompt} prompt on '${file.name}'`)
      paidFor.put({ id: image_sha256 })
    }
    const isSure = confidence_threshold <= SCORE
    const annotations = isSure ? objects : []
    return {
      data: {
        status: objects.length === 0 ? 'no_detection' : isSure ? 'success' : 'below_threshold',
        annotations,
        score: objects.length > 0 ? SCORE : null,
        inference_time: 0.1,
        prompt,
        ...size,
        image_sha256,
        confidence_threshold,
        degraded: false,
      },
    }
  })
}
