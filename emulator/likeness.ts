import sharp from 'sharp'
import type { StoredImage } from './state.ts'
import type { Storage } from './storage.ts'

/** Pixels at each side of the small picture that stands for an image. */
const SIDE = 8
/** Keeps pictures of one colour apart from nothing at all. */
const BIAS = 0.5

/** How alike images look, by small pictures of them; the real service asks a model. */
export class Likeness {
  readonly #storage: Storage
  /** By object: bytes under a name never change. */
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

/** 0 for nothing in common, 1 for the same. */
export function likeness(a: Float64Array, b: Float64Array): number {
  const sum = a.reduce((total, value, index) => total + value * b[index], 0)
  return Math.min(1, Math.max(0, sum))
}
