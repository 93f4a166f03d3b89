/** Values as they go to a model and come from it, row by row, last dimension fastest. */
export interface Tensor {
  type: TensorType
  dims: readonly number[]
  data: TensorData
}

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array

/**
 * `bool` as bytes of 0 and 1. A model's `float16` values come as `float32`, and a `float32` tensor is made `float16`
 * where the model takes that.
 */
export type TensorType = 'float32' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool'

export interface ValueFacts {
  name: string
  type: TensorType | 'float16' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'uint64' | 'other'
  /** Each a number, or the name of what is only known when it runs (`?`: it has none); null: no shape is given. */
  dims: readonly (number | string)[] | null
}

/** A picture that becomes a tensor in the process that runs the model: three bytes a pixel cross instead of twelve. */
export interface PictureFeed {
  kind: 'picture'
  /** RGB, three bytes a pixel, already of the size that it has on the canvas. */
  pixels: Uint8Array
  width: number
  height: number
  /** Of the tensor, in pixels. The picture lies on it with its corner at `x`, `y`. */
  canvas: { width: number; height: number; x: number; y: number }
  /** What is beside the picture: `before` normalisation in 0..255, or `after` it, as it stands in the tensor. */
  fill: { before: number } | { after: number }
  /** `nchw` is [1,3,H,W], `nhwc` [1,H,W,3], `hwc` [H,W,3]. */
  layout: 'nchw' | 'nhwc' | 'hwc'
  order: 'rgb' | 'bgr'
  /** For red, green, blue, in units of 0..255: the tensor holds (value - mean) / deviation. */
  mean: readonly [number, number, number]
  deviation: readonly [number, number, number]
}

/** An output that an earlier run has written to a file (`save`). */
export interface SavedFeed {
  kind: 'saved'
  /** Absolute. */
  file: string
  name: string
}

export type Feed = Tensor | PictureFeed | SavedFeed

/** How many values a shape holds. */
export const valuesIn = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1)
