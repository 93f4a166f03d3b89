import type { Point } from '#shared/model/annotation.ts'
import type { Pixels } from './pixels.ts'

/** Tiles are measured when they are first asked for, pixels of a side. */
const TILE = 128
/** What a step onto a pixel costs: on the middle of a strong edge, and what it costs more where there is none. */
const CHEAPEST = 12
const FLAT = 140
const BESIDE_RIDGE = 50
/** The dearest pixel. */
export const DEAREST = CHEAPEST + FLAT + BESIDE_RIDGE
/** A change between neighbours smaller than this is noise, never an edge. 0..1020: Sobel's sums of differences. */
const LEAST_STRENGTH = 60
/** What is less than so many times the median is noise. */
const NOISE_FACTOR = 2
/** So many pixels tell how strong edges are in this picture. */
const SAMPLES = 20_000

/**
 * Where a picture has edges. Strength is the length of Sobel's gradient (1968), of the channel that changes most, so that
 * colours of one lightness have a border, too. It is compared with the strong edges of the same picture.
 */
export class EdgeMap {
  readonly width: number
  readonly height: number
  readonly #pixels: Pixels
  readonly #costs: Uint8Array
  readonly #tilesAcross: number
  readonly #measured: Uint8Array
  /** Up to here it is the picture's noise or texture, and from there on an edge as strong as any. */
  readonly #noise: number
  readonly #strong: number

  constructor(pixels: Pixels) {
    this.#pixels = pixels
    this.width = pixels.width
    this.height = pixels.height
    this.#costs = new Uint8Array(pixels.width * pixels.height)
    this.#tilesAcross = Math.ceil(pixels.width / TILE)
    this.#measured = new Uint8Array(this.#tilesAcross * Math.ceil(pixels.height / TILE))
    const { noise, strong } = this.#levels()
    this.#noise = noise
    this.#strong = strong
  }

  /** Costs of steps onto pixels, row by row; valid in the parts that were measured. */
  get costs(): Uint8Array {
    return this.#costs
  }

  /** Measures whatever is not yet, from `left`, `top` up to, but without, `right`, `bottom`. */
  measure(left: number, top: number, right: number, bottom: number): void {
    const last = {
      column: Math.floor((Math.min(right, this.width) - 1) / TILE),
      row: Math.floor((Math.min(bottom, this.height) - 1) / TILE),
    }
    for (let row = Math.max(0, Math.floor(top / TILE)); row <= last.row; row++)
      for (let column = Math.max(0, Math.floor(left / TILE)); column <= last.column; column++) {
        const tile = row * this.#tilesAcross + column
        if (this.#measured[tile] === 1) continue
        this.#measured[tile] = 1
        this.#measureTile(column * TILE, row * TILE)
      }
  }

  // What the last look found: an object for each of millions of pixels would cost more than the sums.
  #gradientX = 0
  #gradientY = 0
  #length = 0

  /** The gradient of a pixel, of the channel where it is longest; in the place of neighbours outside are the nearest inside. */
  #look(x: number, y: number): void {
    const { width, height, data } = this.#pixels
    const left = x > 0 ? x - 1 : 0
    const right = x < width - 1 ? x + 1 : x
    const above = (y > 0 ? y - 1 : 0) * width
    const here = y * width
    const below = (y < height - 1 ? y + 1 : y) * width
    let longest = 0
    this.#gradientX = 0
    this.#gradientY = 0
    for (let channel = 0; channel < 3; channel++) {
      const a = data[(above + left) * 4 + channel]
      const c = data[(above + right) * 4 + channel]
      const f = data[(below + left) * 4 + channel]
      const h = data[(below + right) * 4 + channel]
      const sides = 2 * (data[(here + right) * 4 + channel] - data[(here + left) * 4 + channel])
      const ends = 2 * (data[(below + x) * 4 + channel] - data[(above + x) * 4 + channel])
      const gx = c + h - a - f + sides
      const gy = f + h - a - c + ends
      const squared = gx * gx + gy * gy
      if (squared <= longest) continue
      longest = squared
      this.#gradientX = gx
      this.#gradientY = gy
    }
    this.#length = Math.sqrt(longest)
  }

  /** How strongly the picture changes along a direction of length 1: 0 where nothing does, 1 on a strong edge. Image pixels. */
  across(at: Point, direction: Point): number {
    const x = Math.floor(at.x)
    const y = Math.floor(at.y)
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0
    this.#look(x, y)
    const along = Math.abs(this.#gradientX * direction.x + this.#gradientY * direction.y)
    return this.#strength(along)
  }

  #levels(): { noise: number; strong: number } {
    const count = this.width * this.height
    const every = Math.max(1, Math.floor(count / SAMPLES))
    const lengths: number[] = []
    for (let pixel = 0; pixel < count; pixel += every) {
      this.#look(pixel % this.width, Math.floor(pixel / this.width))
      lengths.push(this.#length)
    }
    lengths.sort((a, b) => a - b)
    const at = (part: number) => lengths[Math.floor(lengths.length * part)] ?? 0
    // Edges cover a small part of a picture; the rest tells what its noise is.
    const noise = Math.min(300, Math.max(LEAST_STRENGTH / 2, NOISE_FACTOR * at(0.5)))
    return { noise, strong: Math.max(2 * noise, Math.min(500, at(0.97))) }
  }

  /** 0 for noise, 1 for a strong edge. */
  #strength(length: number): number {
    return length <= this.#noise
      ? 0
      : Math.min(1, (length - this.#noise) / (this.#strong - this.#noise))
  }

  /** A ring around the tile is measured with it, to tell where the strength is highest across the edge. */
  #measureTile(left: number, top: number): void {
    const right = Math.min(this.width, left + TILE)
    const bottom = Math.min(this.height, top + TILE)
    const stride = right - left + 2
    const lengths = new Float32Array(stride * (bottom - top + 2))
    const across = new Uint8Array(lengths.length)
    for (let y = top - 1; y <= bottom; y++) {
      if (y < 0 || y >= this.height) continue
      for (let x = left - 1; x <= right; x++) {
        if (x < 0 || x >= this.width) continue
        this.#look(x, y)
        const at = (y - top + 1) * stride + x - left + 1
        lengths[at] = this.#length
        across[at] = Math.abs(this.#gradientX) >= Math.abs(this.#gradientY) ? 1 : stride
      }
    }
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const at = (y - top + 1) * stride + x - left + 1
        const length = lengths[at]
        const step = across[at] === 1 ? 1 : stride
        const isRidge = length >= lengths[at - step] && length >= lengths[at + step]
        const strength = this.#strength(length)
        this.#costs[y * this.width + x] =
          CHEAPEST + FLAT * (1 - strength) + (isRidge && strength > 0 ? 0 : BESIDE_RIDGE)
      }
  }
}
