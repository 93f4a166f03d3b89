import type { Size } from '#shared/geometry/clamp-shape.ts'
import type { Point } from '#shared/model/annotation.ts'

/** How a picture is brought to the size of a model's input. */
export type FitKind =
  /** Its sides keep their proportion; the rest is filled on both sides. */
  | 'letterbox-centre'
  /** The same, filled at the right and at the bottom alone. */
  | 'letterbox-corner'
  /** Each side becomes the input's. */
  | 'stretch'

/** Where a picture lies in a model's input: input pixel = image pixel × scale + pad. */
export interface Fit {
  /** Pixels of the input that the picture covers. */
  inner: Size
  /** Of the whole input, pixels. */
  outer: Size
  scaleX: number
  scaleY: number
  padX: number
  padY: number
}

/** What a model wants its input to be like: value = (byte − mean) / deviation, for red, green and blue. */
export interface InputForm {
  fit: FitKind
  /** The grey around the picture, 0..255. */
  fill: number
  order: 'rgb' | 'bgr'
  mean: readonly [number, number, number]
  deviation: readonly [number, number, number]
}

/** Mean and deviation of ImageNet's pictures, in bytes. */
export const IMAGENET = {
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
} as const

/** Values 0..1. */
export const UNIT = { mean: [0, 0, 0], deviation: [255, 255, 255] } as const

/** Bytes as they are. */
export const BYTES = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const

/**
 * Where a picture of `size` goes in an input of `outer`. The centred letterbox rounds as Ultralytics' `LetterBox` does,
 * the other one as YOLOX' `preproc`.
 */
export function fitInto(size: Size, outer: Size, kind: FitKind): Fit {
  const place = (inner: Size, padX: number, padY: number): Fit => ({
    inner,
    outer,
    scaleX: inner.width / size.width,
    scaleY: inner.height / size.height,
    padX,
    padY,
  })
  if (kind === 'stretch') return place(outer, 0, 0)
  const ratio = Math.min(outer.width / size.width, outer.height / size.height)
  const side = (length: number, most: number, round: (value: number) => number) =>
    Math.min(most, Math.max(1, round(length * ratio)))
  const sized = (round: (value: number) => number): Size => ({
    width: side(size.width, outer.width, round),
    height: side(size.height, outer.height, round),
  })
  if (kind === 'letterbox-corner') return place(sized(Math.floor), 0, 0)
  const inner = sized(Math.round)
  // Half a pixel goes to the right and to the bottom.
  const pad = (whole: number, part: number) => Math.max(0, Math.round((whole - part) / 2 - 0.1))
  return place(inner, pad(outer.width, inner.width), pad(outer.height, inner.height))
}

/** A place in the input as a place in the image, pixels. */
export function toImagePoint(fit: Fit, { x, y }: Point): Point {
  return { x: (x - fit.padX) / fit.scaleX, y: (y - fit.padY) / fit.scaleY }
}

/** A place in the image as a place in the input, pixels. */
export function toInputPoint(fit: Fit, { x, y }: Point): Point {
  return { x: x * fit.scaleX + fit.padX, y: y * fit.scaleY + fit.padY }
}
