import type { Mask } from '#shared/geometry/raster.ts'
import type { Point } from '#shared/model/annotation.ts'
import type { MaskPlace, PlacedMask } from './mask-to-polygon.ts'
import { type Pixels, pixelAt } from './pixels.ts'

/** A place that was clicked: its region belongs to the object, or does not. Image pixels. */
export interface WandSeed {
  at: Point
  adds: boolean
}

/**
 * The regions of like colour around places: each all pixels that are connected with it by sides, and that differ from its
 * colour (the mean of nine pixels) by at most `tolerance`, 0..255, in each channel. Later ones count more. Null where
 * nothing is left.
 */
export function wandRegion(
  picture: Pixels,
  place: MaskPlace,
  seeds: readonly WandSeed[],
  tolerance: number,
): PlacedMask | null {
  const { width, height } = picture
  const mask = new Uint8Array(width * height)
  for (const { at, adds } of seeds) {
    const seed = pixelAt(
      { x: (at.x - place.left) / place.scaleX, y: (at.y - place.top) / place.scaleY },
      picture,
    )
    flood(picture, seed, tolerance, mask, adds ? 1 : 0)
  }
  return cropped({ width, height, data: mask }, place)
}

function meanColour({ width, height, data }: Pixels, { x, y }: Point): number[] {
  const sums = [0, 0, 0]
  let count = 0
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      for (let channel = 0; channel < 3; channel++)
        sums[channel] += data[(row * width + column) * 4 + channel]
      count++
    }
  return sums.map((sum) => sum / count)
}

/** Sets the mask to `value` in the region of like colour around a pixel, span by span. */
export function flood(
  picture: Pixels,
  seed: Point,
  tolerance: number,
  mask: Uint8Array,
  value: number,
): void {
  const { width, height, data } = picture
  const [red, green, blue] = meanColour(picture, seed)
  const isSeen = new Uint8Array(width * height)
  const isLike = (pixel: number) => {
    if (isSeen[pixel] === 1) return false
    const at = pixel * 4
    return (
      Math.abs(data[at] - red) <= tolerance &&
      Math.abs(data[at + 1] - green) <= tolerance &&
      Math.abs(data[at + 2] - blue) <= tolerance
    )
  }
  // The clicked pixel belongs to it, however it differs from its neighbours.
  const waiting = [seed.y * width + seed.x]
  mask[waiting[0]] = value
  for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
    if (isSeen[pixel] === 1) continue
    const row = pixel - (pixel % width)
    let [left, right] = [pixel, pixel]
    while (left > row && isLike(left - 1)) left--
    while (right < row + width - 1 && isLike(right + 1)) right++
    isSeen.fill(1, left, right + 1)
    mask.fill(value, left, right + 1)
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= width * height) continue
      let isInside = false
      for (let at = left - row; at <= right - row; at++) {
        const like = isLike(next + at)
        if (like && !isInside) waiting.push(next + at)
        isInside = like
      }
    }
  }
}

/** The part of a mask that has something inside. */
function cropped({ width, height, data }: Mask, place: MaskPlace): PlacedMask | null {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width)
    const first = row.indexOf(1)
    if (first < 0) continue
    left = Math.min(left, first)
    right = Math.max(right, row.lastIndexOf(1))
    top = Math.min(top, y)
    bottom = y
  }
  if (right < 0) return null
  const [w, h] = [right - left + 1, bottom - top + 1]
  const part = new Uint8Array(w * h)
  for (let y = 0; y < h; y++) {
    const from = (top + y) * width + left
    part.set(data.subarray(from, from + w), y * w)
  }
  return {
    mask: { width: w, height: h, data: part },
    place: {
      ...place,
      left: place.left + left * place.scaleX,
      top: place.top + top * place.scaleY,
    },
  }
}
