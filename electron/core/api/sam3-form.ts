import { ValidationError } from './errors.ts'
import { fileForm, type Picture } from './file-form.ts'

/** Exactly one of text, box and points is the prompt. All in pixels of the upright image. */
export interface Sam3Options {
  text?: string
  box?: { x: number; y: number; w: number; h: number }
  points?: readonly { x: number; y: number; negative?: boolean }[]
  negativeBoxes?: readonly { x: number; y: number; w: number; h: number }[]
  /** The class of the result. */
  name?: string
  output?: 'polygon' | 'bbox'
  /** 0..1 */
  confidenceThreshold?: number
  maxDetections?: number
}

export const SAM3_OPTIONS: readonly (keyof Sam3Options)[] = [
  'text',
  'box',
  'points',
  'negativeBoxes',
  'name',
  'output',
  'confidenceThreshold',
  'maxDetections',
]

const boxText = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) =>
  [x, y, w, h].join(',')

/** The multipart form of a prompt on a local picture. Throws a ValidationError. */
export async function sam3Form(file: string | Picture, options: Sam3Options): Promise<FormData> {
  const { text, box, points, negativeBoxes = [], name, output } = options
  const { confidenceThreshold, maxDetections } = options
  const prompts = [text, box, points?.length ? points : undefined]
  if (prompts.filter((prompt) => prompt !== undefined).length !== 1) {
    const message = 'Say what is looked for in one way: text, box or points'
    throw new ValidationError(message, { route: 'sam3Predict' }, [{ field: 'text', message }])
  }
  const form = await fileForm(file)
  if (text !== undefined) form.set('text', text)
  if (box) form.set('box', boxText(box))
  for (const { x, y, negative } of points ?? [])
    form.append('point', `${x},${y}${negative ? ',neg' : ''}`)
  for (const negative of negativeBoxes) form.append('negative_box', boxText(negative))
  if (name !== undefined) form.set('name', name)
  if (output !== undefined) form.set('output', output)
  if (confidenceThreshold !== undefined)
    form.set('confidence_threshold', String(confidenceThreshold))
  if (maxDetections !== undefined) form.set('max_detections', String(maxDetections))
  return form
}
