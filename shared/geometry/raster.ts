import type { Point } from '#shared/model/annotation.ts'
import { signedRingArea } from './ring.ts'

/** A binary mask, row by row, 1 inside. `width * height` bytes. */
export interface Mask {
  width: number
  height: number
  data: Uint8Array
}

/** A side of a ring that crosses the middle of rows, the last of which is `last`. */
interface Edge {
  a: Point
  b: Point
  last: number
}

/** The sides of rings by the first row whose middle they cross, so that no row looks at all of them. */
function edgesByRow(
  rings: readonly (readonly Point[])[],
  height: number,
  top: number,
): Map<number, Edge[]> {
  const result = new Map<number, Edge[]>()
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [ring[i], ring[j]]
      // A row is crossed where its middle is at or below one end, and above the other.
      const first = Math.max(0, Math.ceil(Math.min(a.y, b.y) - top - 0.5))
      const last = Math.min(height, Math.ceil(Math.max(a.y, b.y) - top - 0.5)) - 1
      if (last < first) continue
      const there = result.get(first)
      if (there) there.push({ a, b, last })
      else result.set(first, [{ a, b, last }])
    }
  return result
}

/**
 * Fills rings by the even-odd rule; a pixel is inside if its centre is. Image pixels. The mask is the part of the
 * image from `left`, `top`; every part fills the same pixels.
 */
export function rasterise(
  rings: readonly (readonly Point[])[],
  width: number,
  height: number,
  left = 0,
  top = 0,
): Mask {
  const data = new Uint8Array(width * height)
  const begins = edgesByRow(rings, height, top)
  let active: Edge[] = []
  for (let row = 0; row < height; row++) {
    const y = top + row + 0.5
    active = active.filter(({ last }) => last >= row)
    for (const edge of begins.get(row) ?? []) active.push(edge)
    const crossings = active.map(({ a, b }) => a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x))
    crossings.sort((a, b) => a - b)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5) - left)
      const to = Math.min(width, Math.ceil(crossings[i + 1] - 0.5) - left)
      if (to > from) data.fill(1, row * width + from, row * width + to)
    }
  }
  return { width, height, data }
}

/**
 * COCO's uncompressed RLE: run lengths down the columns, beginning with zeros (pycocotools `mask.py`). `whole`: the image
 * of which the mask is the part at `left`, `top`; nothing else is inside.
 */
export function encodeRle(
  { width, height, data }: Mask,
  whole: { width: number; height: number; left: number; top: number } = {
    ...{ width, height },
    left: 0,
    top: 0,
  },
): number[] {
  const counts: number[] = []
  let value = 0
  let run = 0
  const add = (next: number, length: number) => {
    if (length === 0) return
    if (next !== value) {
      counts.push(run)
      run = 0
      value = next
    }
    run += length
  }
  add(0, whole.left * whole.height)
  for (let x = 0; x < width; x++) {
    add(0, whole.top)
    for (let y = 0; y < height; y++) add(data[y * width + x], 1)
    add(0, whole.height - whole.top - height)
  }
  add(0, (whole.width - whole.left - width) * whole.height)
  counts.push(run)
  return counts
}

/** Throws a RangeError if the counts do not add up to the size. */
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
 * The borders of a mask as polygons with holes: one entry per 4-connected region, its outer ring first. Vertices lie
 * on pixel corners, so rasterising gives the same mask.
 */
export function traceMask(mask: Mask, mostEdges = Number.POSITIVE_INFINITY): Point[][][] {
  const rings = traceRings(mask, mostEdges)
  const isOutside = rings.map((ring) => signedRingArea(ring) > 0)
  const regions = rings.map((ring, index) => (isOutside[index] ? [ring] : []))
  if (isOutside.includes(false)) {
    const owners = ownersOf(mask, rings, isOutside)
    rings.forEach((ring, index) => {
      if (!isOutside[index]) regions[owners[index]].push(ring)
    })
  }
  return regions.filter((region) => region.length > 0)
}

/** The outer ring of each ring. For a hole, it is the one found by going left from its leftmost side. */
function ownersOf(
  { width, data }: Mask,
  rings: readonly (readonly Point[])[],
  isOutside: readonly boolean[],
): number[] {
  // Filled pixels with an empty left neighbour, with their ring.
  const leftSides = new Map<number, number>()
  rings.forEach((ring, index) => {
    ring.forEach(({ x, y }, at) => {
      const next = ring[(at + 1) % ring.length]
      if (next.x === x)
        for (let row = y - 1; row >= next.y; row--) leftSides.set(row * width + x, index)
    })
  })
  const owners = rings.map((_, index) => (isOutside[index] ? index : -1))
  const beside = (ring: readonly Point[]): number => {
    let left = ring[0]
    ring.forEach((point, at) => {
      const next = ring[(at + 1) % ring.length]
      if (next.x === point.x && next.y > point.y && point.x <= left.x) left = point
    })
    let pixel = left.y * width + left.x - 1
    while (pixel % width > 0 && data[pixel - 1] !== 0) pixel--
    return leftSides.get(pixel) ?? -1
  }
  for (const index of rings.keys()) {
    // Each step leads to a ring further left, so this ends at an outer ring.
    const passed: number[] = []
    let ring = index
    while (owners[ring] < 0) {
      passed.push(ring)
      ring = beside(rings[ring])
    }
    for (const each of passed) owners[each] = owners[ring]
  }
  return owners
}

/** Right, down, left, up; each next one is a right turn. */
const STEP_X = [1, 0, -1, 0] as const
const STEP_Y = [0, 1, 0, -1] as const

/** How many bits each value of four has. */
const BITS = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4] as const

function requireEdges(sides: Uint8Array, most: number): void {
  if (most === Number.POSITIVE_INFINITY) return
  let count = 0
  for (let corner = 0; corner < sides.length; corner++) count += BITS[sides[corner]]
  if (count > most)
    throw new RangeError(`its border has more than ${most.toLocaleString('en-US')} sides of pixels`)
}

/** Closed walks along pixel edges with the filled pixel on the right: outer rings are clockwise on screen. */
function traceRings({ width, height, data }: Mask, mostEdges: number): Point[][] {
  const stride = width + 1
  // By corner, one bit for each direction in which a pixel side leaves it; two bits where pixels touch diagonally.
  const sides = new Uint8Array(stride * (height + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0, pixel = y * width; x < width; x++, pixel++) {
      if (data[pixel] === 0) continue
      const corner = y * stride + x
      if (y === 0 || data[pixel - width] === 0) sides[corner] |= 1
      if (x === width - 1 || data[pixel + 1] === 0) sides[corner + 1] |= 2
      if (y === height - 1 || data[pixel + width] === 0) sides[corner + stride + 1] |= 4
      if (x === 0 || data[pixel - 1] === 0) sides[corner + stride] |= 8
    }
  }
  /** Where pixels touch diagonally, the walk turns right, which keeps them separate (4-connected). */
  const turnAt = (corner: number, direction: number): number => {
    const right = (direction + 1) & 3
    return sides[corner] & (1 << right) ? right : 31 - Math.clz32(sides[corner])
  }
  requireEdges(sides, mostEdges)
  const rings: Point[][] = []
  for (let start = 0; start < sides.length; start++) {
    while (sides[start] !== 0) {
      const first = 31 - Math.clz32(sides[start] & -sides[start])
      const ring: Point[] = []
      let [x, y] = [start % stride, Math.floor(start / stride)]
      let corner = start
      let direction = first
      do {
        if (corner !== start || direction !== first) sides[corner] &= ~(1 << direction)
        x += STEP_X[direction]
        y += STEP_Y[direction]
        corner = y * stride + x
        const next = turnAt(corner, direction)
        if (next !== direction) ring.push({ x, y })
        direction = next
      } while (corner !== start || direction !== first)
      sides[start] &= ~(1 << first)
      // The walk ends at its start, which may itself be a corner.
      const last = ring[ring.length - 1]
      if (last.y * stride + last.x === start) ring.unshift(...ring.splice(-1))
      rings.push(ring)
    }
  }
  return rings
}
