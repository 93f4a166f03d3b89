import sharp from 'sharp'
import type { StoredImage } from './state.ts'
import type { Storage } from './storage.ts'

/** Side of the thumbnail that stands for an image, in pixels. */
const SIDE = 8
/** Distinguishes pictures of one colour from nothing at all. */
const BIAS = 0.5

/** How similar images look, by their thumbnails; the real service uses a model. */
export class Likeness {
  readonly #storage: Storage
  /** By object, because the bytes of an object never change. */
  readonly #known = new Map<string, Promise<Float64Array>>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** A vector of length 1. */
  of({ object }: StoredImage): Promise<Float64Array> {
    const known = this.#known.get(object)
    if (known) return known
    const vector = this.#vector(object)
    this.#known.set(object, vector)
    return vector
  }

  async #vector(object: string): Promise<Float64Array> {
    const pixels = await sharp(await this.#storage.bytes(object))
      .resize(SIDE, SIDE, { fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer()
    const values = [...pixels].map((value) => value / 127.5 - 1)
    const vector = Float64Array.from([...values, BIAS * Math.sqrt(values.length)])
    const length = Math.hypot(...vector)
    return vector.map((value) => value / length)
  }
}

/** 0: nothing in common, 1: the same. */
export function likeness(a: Float64Array, b: Float64Array): number {
  const sum = a.reduce((total, value, index) => total + value * b[index], 0)
  return Math.min(1, Math.max(0, sum))
}
