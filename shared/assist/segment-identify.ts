import type { ValueFacts } from './tensor.ts'

/**
 * Recognises models of promptable segmentation by what they take and give. Names and shapes are those that the
 * exporters write: samexporter (SAM, MobileSAM, SAM 2), the exports of EfficientSAM and EdgeSAM by their authors.
 */

export interface ModelShape {
  inputs: readonly ValueFacts[]
  outputs: readonly ValueFacts[]
}

export type EncoderForm =
  /** [H,W,3], 0..255. */
  | 'sam1-hwc'
  /** [1,3,H,W]: SAM's normalisation, or 0..255 for EdgeSAM; its decoder tells which. */
  | 'sam1-nchw'
  | 'sam2'
  | 'efficient-sam'
export type DecoderForm = 'sam1' | 'sam2' | 'efficient-sam' | 'edge-sam'

export type SegmentPart =
  | { role: 'encoder'; form: EncoderForm; why: string }
  | { role: 'decoder'; form: DecoderForm; why: string }

const SIDE_OF_EMBEDDING = 64

/** null: it is neither part of such a model. `why`: in words, for the sentence that tells what it was taken for. */
export function segmentPartOf(model: ModelShape): SegmentPart | null {
  return decoderOf(model) ?? encoderOf(model)
}

function decoderOf({ inputs, outputs }: ModelShape): SegmentPart | null {
  const named = new Set(inputs.map(({ name }) => name))
  const givesMasks = outputs.some(({ name }) => /mask/.test(name))
  if (!givesMasks || !inputs.some(({ name }) => /embed/.test(name))) return null
  const names = inputs.map(({ name }) => name).join(', ')
  const decoder = (form: DecoderForm, why: string): SegmentPart => ({ role: 'decoder', form, why })
  if (named.has('batched_point_coords')) return decoder('efficient-sam', `it takes ${names}`)
  if (!named.has('point_coords') || !named.has('point_labels')) return null
  if (inputs.filter(({ name }) => /high_res/.test(name)).length === 2)
    return decoder('sam2', `it takes ${names}`)
  if (named.has('mask_input') && named.has('has_mask_input') && named.has('orig_im_size'))
    return decoder('sam1', `it takes ${names}`)
  if (inputs.length === 3 && outputs.some(({ name }) => /score|iou/.test(name)))
    return decoder('edge-sam', `it takes ${names} and nothing else`)
  return null
}

function encoderOf({ inputs, outputs }: ModelShape): SegmentPart | null {
  const [input] = inputs
  if (inputs.length !== 1 || !input?.dims) return null
  const isPlanar = input.dims.length === 4 && input.dims[1] === 3
  const encoder = (form: EncoderForm, why: string): SegmentPart => ({ role: 'encoder', form, why })
  const shape = `${input.name} [${input.dims.join(', ')}]`
  if (outputs.length === 3 && isPlanar) {
    const highRes = outputs.filter(({ name }) => /high_res/.test(name)).length
    const embeds = outputs.filter(({ name }) => /embed/.test(name)).length
    if (highRes === 2 && embeds === 1)
      return encoder('sam2', `it makes two detailed feature maps and an embedding of ${shape}`)
    return null
  }
  const [output] = outputs
  if (outputs.length !== 1 || !output || !mayBeEmbedding(output)) return null
  const why = `it makes ${output.name} of ${shape}`
  if (isPlanar && /^batched_images/.test(input.name)) return encoder('efficient-sam', why)
  if (isPlanar) return encoder('sam1-nchw', why)
  if (input.dims.length === 3 && input.dims[2] === 3) return encoder('sam1-hwc', why)
  return null
}

/** [1, 256, 64, 64], where the numbers are known; otherwise by its name. */
function mayBeEmbedding({ name, dims }: ValueFacts): boolean {
  if (dims && dims.length !== 4) return false
  const known = dims?.slice(1) ?? []
  const isSized = known.every((dim, index) =>
    typeof dim === 'string'
      ? true
      : index === 0
        ? dim >= SIDE_OF_EMBEDDING
        : dim === SIDE_OF_EMBEDDING,
  )
  const isKnown = known.length === 3 && known.every((dim) => typeof dim === 'number')
  return isSized && (isKnown || /embed/.test(name))
}

/** What is said of each part. */
export const ENCODER_NAMES: Record<EncoderForm, string> = {
  'sam1-hwc': 'SAM (also MobileSAM)',
  'sam1-nchw': 'SAM, MobileSAM or EdgeSAM',
  sam2: 'SAM 2',
  'efficient-sam': 'EfficientSAM',
}
export const DECODER_NAMES: Record<DecoderForm, string> = {
  sam1: 'SAM (also MobileSAM)',
  sam2: 'SAM 2',
  'efficient-sam': 'EfficientSAM',
  'edge-sam': 'EdgeSAM',
}

/** Which decoders understand what an encoder makes. */
const PARTNERS: Record<EncoderForm, readonly DecoderForm[]> = {
  'sam1-hwc': ['sam1'],
  'sam1-nchw': ['sam1', 'edge-sam'],
  sam2: ['sam2'],
  'efficient-sam': ['efficient-sam'],
}

interface Part<Form> {
  id: string
  form: Form
}

export interface SegmentPair {
  encoder: Part<EncoderForm>
  decoder: Part<DecoderForm>
}

/**
 * Encoders with the decoder that belongs to each: of those that understand it the one whose file name begins most alike
 * (`mobile_sam.encoder.onnx`, `mobile_sam.decoder.onnx`). Encoders without a decoder are left out.
 */
export function segmentPairs(
  encoders: readonly Part<EncoderForm>[],
  decoders: readonly Part<DecoderForm>[],
): SegmentPair[] {
  return encoders.flatMap((encoder) => {
    const fitting = decoders.filter(({ form }) => PARTNERS[encoder.form].includes(form))
    const decoder = fitting.reduce<Part<DecoderForm> | null>(
      (best, part) =>
        best === null || alike(encoder.id, part.id) > alike(encoder.id, best.id) ? part : best,
      null,
    )
    return decoder ? [{ encoder, decoder }] : []
  })
}

/** How many characters two names share at their beginning, without regard to the words that tell the parts apart. */
function alike(one: string, other: string): number {
  const [a, b] = [one, other].map((name) =>
    name.toLowerCase().replace(/encoder|decoder|[-_. ]|onnx/g, ''),
  )
  let count = 0
  while (count < a.length && a[count] === b[count]) count++
  return count
}
