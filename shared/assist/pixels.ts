import type { Box, Point } from '#shared/model/annotation.ts'

/** A picture, or a part of one, in memory: 4 bytes a pixel (red, green, blue, opacity), row by row. */
export interface Pixels {
  width: number
  height: number
  data: Uint8ClampedArray | Uint8Array
}

/** The smallest box of whole pixels around `box`, `margin` pixels larger each way, inside the picture; null when nothing is left. */
export function pixelBox(box: Box, { width, height }: Pixels, margin = 0): Box | null {
  const x = Math.max(0, Math.floor(box.x - margin))
  const y = Math.max(0, Math.floor(box.y - margin))
  const w = Math.min(width, Math.ceil(box.x + box.w + margin)) - x
  const h = Math.min(height, Math.ceil(box.y + box.h + margin)) - y
  return w > 0 && h > 0 ? { x, y, w, h } : null
}

/** The pixel that a place lies in, or the nearest one of the picture. */
export function pixelAt({ x, y }: Point, { width, height }: Pixels): Point {
  return {
    x: Math.min(width - 1, Math.max(0, Math.floor(x))),
    y: Math.min(height - 1, Math.max(0, Math.floor(y))),
  }
}

/** A part of a picture, of whole pixels, with each `factor` × `factor` of them as their mean. */
export function shrunk({ width, data }: Pixels, part: Box, factor: number): Pixels {
  const w = Math.max(1, Math.floor(part.w / factor))
  const h = Math.max(1, Math.floor(part.h / factor))
  const small = new Uint8Array(w * h * 4)
  // A part smaller than the factor has fewer pixels to take the mean of.
  const [across, down] = [Math.min(factor, part.w), Math.min(factor, part.h)]
  const count = across * down
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let [red, green, blue] = [0, 0, 0]
      for (let row = 0; row < down; row++) {
        let at = ((part.y + y * factor + row) * width + part.x + x * factor) * 4
        for (let column = 0; column < across; column++, at += 4) {
          red += data[at]
          green += data[at + 1]
          blue += data[at + 2]
        }
      }
      const to = (y * w + x) * 4
      small[to] = red / count
      small[to + 1] = green / count
      small[to + 2] = blue / count
      small[to + 3] = 255
    }
  }
  return { width: w, height: h, data: small }
}
