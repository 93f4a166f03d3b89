import type { Box, Point } from '#shared/model/annotation.ts'
import type { DecoderForm, ModelShape } from './segment-identify.ts'
import type { SegmentView, Size } from './segment-picture.ts'
import { type Feed, type Tensor, type TensorType, valuesIn } from './tensor.ts'

/** What the person pointed at, image pixels. */
export interface SegmentPrompt {
  positive: readonly Point[]
  negative: readonly Point[]
  box: Box | null
}

/** Values above 0 are inside. Covers the whole image, whatever its own size. */
export interface LogitGrid extends Size {
  data: Float32Array
}

export interface SegmentCandidate {
  grid: LogitGrid
  /** The model's own guess of how good it is, 0..1. */
  score: number
}

const OUTSIDE = 0
const INSIDE = 1
const BOX_START = 2
const BOX_END = 3
/** Says that there is no box: SAM 1 was trained with one such point. */
const PADDING = -1

/** The decoder's feeds. `embedding`: the encoder's outputs, by their names there. `size`: of the image, pixels. */
export function promptFeeds(
  form: DecoderForm,
  decoder: ModelShape,
  prompt: SegmentPrompt,
  { size, view, embedding }: { size: Size; view: SegmentView; embedding: Record<string, Feed> },
): Record<string, Feed> {
  const space = form === 'efficient-sam' ? view.picture : seenSize(view)
  const scale = { x: space.width / size.width, y: space.height / size.height }
  const marks = [
    ...prompt.positive.map((point) => ({ point, label: INSIDE })),
    ...prompt.negative.map((point) => ({ point, label: OUTSIDE })),
    ...(prompt.box
      ? [
          { point: prompt.box, label: BOX_START },
          {
            point: { x: prompt.box.x + prompt.box.w, y: prompt.box.y + prompt.box.h },
            label: BOX_END,
          },
        ]
      : []),
  ].map(({ point, label }) => ({ x: point.x * scale.x, y: point.y * scale.y, label }))
  if (form === 'sam1' && !prompt.box) marks.push({ x: 0, y: 0, label: PADDING })
  const coords = marks.flatMap(({ x, y }) => [x, y])
  const labels = marks.map(({ label }) => label)
  const lead = form === 'efficient-sam' ? [1, 1] : [1]
  const { width, height } = view.picture
  const feeds: Record<string, Feed> = {}
  const made = (name: string, dims: number[], values: readonly number[]) => {
    const type = decoder.inputs.find((input) => input.name === name)?.type ?? 'float32'
    feeds[name] = tensorOf(type, dims, values)
  }
  for (const { name } of decoder.inputs) {
    if (/point_coords$/.test(name)) made(name, [...lead, marks.length, 2], coords)
    else if (/point_labels$/.test(name)) made(name, [...lead, marks.length], labels)
    else if (name === 'mask_input')
      made(name, [1, 1, 256, 256], new Array<number>(256 * 256).fill(0))
    else if (name === 'has_mask_input') made(name, [1], [0])
    else if (name === 'orig_im_size') made(name, [2], [height, width])
    else feeds[name] = partnerOf(name, decoder, embedding)
  }
  return feeds
}

/** The part of the square that the picture covers, in its units. */
const seenSize = ({ picture, side, isStretched }: SegmentView): Size =>
  isStretched ? { width: side, height: side } : picture

function tensorOf(type: string, dims: number[], values: readonly number[]): Tensor {
  if (valuesIn(dims) !== values.length)
    throw new RangeError(`${dims.join(' × ')}: ${values.length}`)
  if (type === 'int64')
    return { type, dims, data: BigInt64Array.from(values, (value) => BigInt(Math.round(value))) }
  if (type === 'int32') return { type, dims, data: Int32Array.from(values) }
  return { type: 'float32' satisfies TensorType, dims, data: Float32Array.from(values) }
}

/** Encoder and decoder of one export may call the same thing by two names. */
function partnerOf(name: string, decoder: ModelShape, embedding: Record<string, Feed>): Feed {
  const same = embedding[name]
  if (same) return same
  const isDetail = (other: string) => /high_res/.test(other)
  const wanted = decoder.inputs
    .map((input) => input.name)
    .filter(isDetail)
    .sort()
  const given = Object.keys(embedding).filter(isDetail).sort()
  const found = isDetail(name)
    ? given[wanted.indexOf(name)]
    : Object.keys(embedding).find((other) => !isDetail(other))
  if (found === undefined || !embedding[found])
    throw new RangeError(`The decoder wants ${name}, which the encoder does not make`)
  return embedding[found]
}

/** Which of the decoder's outputs are needed. */
export function answerNames({ outputs }: ModelShape): { masks: string; scores: string } {
  const names = outputs.map(({ name }) => name)
  const masks =
    names.find((name) => name === 'low_res_masks') ?? names.find((name) => /mask/.test(name))
  const scores = names.find((name) => /iou|score/.test(name))
  if (masks === undefined || scores === undefined)
    throw new RangeError(`The decoder gives ${names.join(', ')}, but no masks with scores`)
  return { masks, scores }
}

/** The decoder's answer as candidates, best first. Throws a RangeError when it is none. */
export function candidatesOf(
  form: DecoderForm,
  answer: { masks: Tensor; scores: Tensor; isLowRes: boolean },
  view: SegmentView,
): SegmentCandidate[] {
  const { masks, scores } = answer
  const [width, height] = [masks.dims.at(-1) ?? 0, masks.dims.at(-2) ?? 0]
  const area = width * height
  if (!(masks.data instanceof Float32Array) || area === 0)
    throw new RangeError(`Masks of ${masks.dims.join(' × ')} are none`)
  // Masks of low resolution are of the whole square, padding included; the others of the image alone.
  const isSquare = answer.isLowRes || form === 'edge-sam'
  const part =
    isSquare && !view.isStretched
      ? {
          width: Math.max(1, Math.round((view.picture.width / view.side) * width)),
          height: Math.max(1, Math.round((view.picture.height / view.side) * height)),
        }
      : { width, height }
  const candidates: SegmentCandidate[] = []
  for (
    let index = 0;
    index < scores.data.length && (index + 1) * area <= masks.data.length;
    index++
  ) {
    const whole = masks.data.subarray(index * area, (index + 1) * area)
    const grid = { ...part, data: cut(whole, width, part) }
    const score = form === 'edge-sam' ? stability(grid.data) : Number(scores.data[index])
    candidates.push({ grid, score })
  }
  return candidates.sort((a, b) => b.score - a.score)
}

function cut(data: Float32Array, width: number, part: Size): Float32Array {
  if (part.width === width && part.width * part.height === data.length) return data.slice()
  const cutOut = new Float32Array(part.width * part.height)
  for (let row = 0; row < part.height; row++)
    cutOut.set(data.subarray(row * width, row * width + part.width), row * part.width)
  return cutOut
}

/** How far the threshold is moved to see whether a mask changes with it, as in SAM's own generator. */
const STABILITY_OFFSET = 1

/** Area of the mask at a higher threshold by that at a lower one, 0..1; 0 where nothing is inside. */
export function stability(logits: Float32Array): number {
  let [inner, outer] = [0, 0]
  for (const logit of logits) {
    if (logit > STABILITY_OFFSET) inner++
    if (logit > -STABILITY_OFFSET) outer++
  }
  return outer === 0 ? 0 : inner / outer
}

/** Enlarged to a size by bilinear interpolation between the middles of its values, as masks of SAM are. */
export function enlarge(grid: LogitGrid, to: Size): LogitGrid {
  const data = new Float32Array(to.width * to.height)
  const columns = steps(grid.width, to.width)
  const rows = steps(grid.height, to.height)
  for (let y = 0; y < to.height; y++) {
    const row = rows[y] as Step
    const [above, below] = [row.low * grid.width, row.high * grid.width]
    for (let x = 0; x < to.width; x++) {
      const column = columns[x] as Step
      const at = (start: number, step: number) => grid.data[start + step] as number
      const top = at(above, column.low) * (1 - column.share) + at(above, column.high) * column.share
      const bottom =
        at(below, column.low) * (1 - column.share) + at(below, column.high) * column.share
      data[y * to.width + x] = top * (1 - row.share) + bottom * row.share
    }
  }
  return { ...to, data }
}

interface Step {
  low: number
  high: number
  share: number
}

function steps(from: number, to: number): Step[] {
  return Array.from({ length: to }, (_, index) => {
    const place = Math.min(from - 1, Math.max(0, ((index + 0.5) * from) / to - 0.5))
    const low = Math.floor(place)
    return { low, high: Math.min(from - 1, low + 1), share: place - low }
  })
}
