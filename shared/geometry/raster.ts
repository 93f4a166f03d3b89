import type { Point } from '#shared/model/annotation.ts'
import { ringsContain, signedRingArea } from './ring.ts'

/** A binary mask, row by row, 1 inside. `width * height` bytes. */
export interface Mask {
  width: number
  height: number
  data: Uint8Array
}

/**
 * Fills rings by the even-odd rule; a pixel is inside when its centre is. Image pixels. The mask is the
 * part of the image that begins at `left`, `top`; the same pixels are filled whichever part is asked for.
 */
export function rasterise(
  rings: readonly (readonly Point[])[],
  width: number,
  height: number,
  left = 0,
  top = 0,
): Mask {
  const data = new Uint8Array(width * height)
  for (let row = 0; row < height; row++) {
    const y = top + row + 0.5
    const crossings: number[] = []
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const a = ring[i]
        const b = ring[j]
        if (a.y > y !== b.y > y) crossings.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x))
      }
    }
    crossings.sort((a, b) => a - b)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5) - left)
      const to = Math.min(width, Math.ceil(crossings[i + 1] - 0.5) - left)
      if (to > from) data.fill(1, row * width + from, row * width + to)
    }
  }
  return { width, height, data }
}

/** COCO's uncompressed RLE: run lengths down the columns, beginning with zeros (pycocotools `mask.py`). */
export function encodeRle({ width, height, data }: Mask): number[] {
  const counts: number[] = []
  let value = 0
  let run = 0
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (data[y * width + x] !== value) {
        counts.push(run)
        run = 0
        value = 1 - value
      }
      run++
    }
  }
  counts.push(run)
  return counts
}

/** Throws a RangeError when the counts do not add up to the size. */
export function decodeRle(counts: readonly number[], width: number, height: number): Mask {
  const total = width * height
  const data = new Uint8Array(total)
  let position = 0
  let value = 0
  for (const count of counts) {
    if (!Number.isInteger(count) || count < 0 || position + count > total)
      throw new RangeError('its counts do not fit its size')
    if (value === 1) {
      for (let i = position; i < position + count; i++) {
        data[(i % height) * width + Math.floor(i / height)] = 1
      }
    }
    position += count
    value = 1 - value
  }
  if (position !== total) throw new RangeError('its counts do not add up to its size')
  return { width, height, data }
}

/** COCO's compressed RLE string: LEB128-like, 6 bits a character, differences from the count two back (maskApi.c `rleFrString`). */
export function decodeRleString(text: string): number[] {
  const counts: number[] = []
  let position = 0
  while (position < text.length) {
    let value = 0
    let shift = 0
    let more = true
    while (more) {
      if (position >= text.length || shift > 30) throw new RangeError('its count string is cut off')
      const code = text.charCodeAt(position++) - 48
      value |= (code & 0x1f) << shift
      more = (code & 0x20) !== 0
      shift += 5
      if (!more && (code & 0x10) !== 0 && shift < 32) value |= -1 << shift
    }
    if (counts.length > 2) value += counts[counts.length - 2]
    counts.push(value)
  }
  return counts
}

/**
 * The borders of a mask as polygons with holes: each 4-connected region is one entry, its first ring
 * the outside. Vertices lie on pixel corners, so that rasterising gives the same mask again.
 */
export function traceMask(mask: Mask): Point[][][] {
  const rings = traceRings(mask)
  const outsides = rings.filter((ring) => signedRingArea(ring) > 0).map((ring) => [ring])
  const bySize = [...outsides].sort((a, b) => signedRingArea(a[0]) - signedRingArea(b[0]))
  for (const hole of rings) {
    if (signedRingArea(hole) >= 0) continue
    // A point just inside the hole's border, on the region's side: the pixel left of its first edge.
    const owner = bySize.find((region) => ringsContain([region[0]], solidPixelBeside(hole)))
    owner?.push(hole)
  }
  return outsides
}

/** The centre of the filled pixel on the right-hand side of the ring's first edge. */
function solidPixelBeside(ring: readonly Point[]): Point {
  const [a, b] = ring
  const dx = Math.sign(b.x - a.x)
  const dy = Math.sign(b.y - a.y)
  return { x: a.x + dx / 2 - dy / 2, y: a.y + dy / 2 + dx / 2 }
}

/** Closed walks along pixel edges with the filled pixel on the right: outsides are clockwise on screen. */
function traceRings({ width, height, data }: Mask): Point[][] {
  const filled = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0
  const stride = width + 1
  // Directed edges by start corner; a corner where two pixels touch diagonally has two.
  const edges = new Map<number, number[]>()
  const add = (x1: number, y1: number, x2: number, y2: number) => {
    const key = y1 * stride + x1
    const list = edges.get(key)
    if (list) list.push(y2 * stride + x2)
    else edges.set(key, [y2 * stride + x2])
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!filled(x, y)) continue
      if (!filled(x, y - 1)) add(x, y, x + 1, y)
      if (!filled(x + 1, y)) add(x + 1, y, x + 1, y + 1)
      if (!filled(x, y + 1)) add(x + 1, y + 1, x, y + 1)
      if (!filled(x - 1, y)) add(x, y + 1, x, y)
    }
  }
  const point = (key: number): Point => ({ x: key % stride, y: Math.floor(key / stride) })
  const rings: Point[][] = []
  for (const [start, list] of edges) {
    while (list.length > 0) {
      const ring: Point[] = []
      let from = start
      let direction = { x: 0, y: 0 }
      do {
        const options = edges.get(from) ?? []
        const here = point(from)
        // At a diagonal touch turn right, which keeps the two pixels separate (4-connected).
        let choice = 0
        if (options.length > 1) {
          const right = options.findIndex((to) => {
            const next = point(to)
            return next.x - here.x === -direction.y && next.y - here.y === direction.x
          })
          choice = Math.max(0, right)
        }
        const [to] = options.splice(choice, 1)
        const next = point(to)
        const turned = next.x - here.x !== direction.x || next.y - here.y !== direction.y
        if (turned) ring.push(here)
        direction = { x: next.x - here.x, y: next.y - here.y }
        from = to
      } while (from !== start)
      // The walk began in the middle of a straight side when its first corner is no corner.
      const [a, b] = [ring[ring.length - 1], ring[1]]
      if (
        ring.length > 4 &&
        ((a.x === ring[0].x && b.x === a.x) || (a.y === ring[0].y && b.y === a.y))
      )
        ring.shift()
      rings.push(ring)
    }
  }
  return rings
}
