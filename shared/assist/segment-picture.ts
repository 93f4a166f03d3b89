import type { DecoderForm, EncoderForm, ModelShape } from './segment-identify.ts'
import type { PictureFeed } from './tensor.ts'

/** SAM's side: the longer one of what its encoder sees. */
export const SAM_SIDE = 1024
/** Of ImageNet, in 0..255: SAM's own constants. */
const MEAN = [123.675, 116.28, 103.53] as const
const DEVIATION = [58.395, 57.12, 57.375] as const
/** SAM 2 divides by 255 and then normalises by these. */
const MEAN_2 = [0.485 * 255, 0.456 * 255, 0.406 * 255] as const
const DEVIATION_2 = [0.229 * 255, 0.224 * 255, 0.225 * 255] as const

export interface Size {
  width: number
  height: number
}

/** How an encoder wants to see a picture. */
export interface SegmentView {
  /** What the whole picture is resized to, whole pixels. */
  picture: Size
  /** Of the tensor; larger than the picture where the rest is padded, right and at the bottom. */
  canvas: Size
  /** The side of the square in which points and masks are counted. */
  side: number
  isStretched: boolean
}

/** `size`: of the image as it is shown, pixels. */
export function segmentView(form: EncoderForm, { inputs }: ModelShape, size: Size): SegmentView {
  const dims = inputs[0]?.dims ?? []
  const [height, width] = form === 'sam1-hwc' ? dims : dims.slice(2)
  const fixed =
    typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0
      ? { width, height }
      : null
  if (form === 'sam2') {
    const canvas = fixed ?? { width: SAM_SIDE, height: SAM_SIDE }
    return { picture: canvas, canvas, side: canvas.width, isStretched: true }
  }
  const room = fixed ?? { width: SAM_SIDE, height: SAM_SIDE }
  const scale = Math.min(room.width / size.width, room.height / size.height)
  const picture = {
    width: Math.max(1, Math.min(room.width, Math.round(size.width * scale))),
    height: Math.max(1, Math.min(room.height, Math.round(size.height * scale))),
  }
  const side = Math.max(room.width, room.height)
  return { picture, canvas: fixed ?? picture, side, isStretched: false }
}

/** The encoder's feed of the picture's RGB bytes, already resized to `view.picture`. */
export function segmentPicture(
  form: EncoderForm,
  decoder: DecoderForm,
  view: SegmentView,
  pixels: Uint8Array,
): PictureFeed {
  const { picture, canvas } = view
  const isRaw = form === 'sam1-hwc' || decoder === 'edge-sam'
  const [mean, deviation] =
    form === 'sam2'
      ? [MEAN_2, DEVIATION_2]
      : form === 'efficient-sam'
        ? [[0, 0, 0] as const, [255, 255, 255] as const]
        : isRaw
          ? [[0, 0, 0] as const, [1, 1, 1] as const]
          : [MEAN, DEVIATION]
  return {
    kind: 'picture',
    pixels,
    ...picture,
    canvas: { ...canvas, x: 0, y: 0 },
    fill: { after: 0 },
    layout: form === 'sam1-hwc' ? 'hwc' : 'nchw',
    order: 'rgb',
    mean,
    deviation,
  }
}
