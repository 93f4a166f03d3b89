import { type Found, type ScoredMask, sigmoid } from './detect-found.ts'
import type { Detector } from './detector.ts'

/** Regions of fewer cells of the map than this are noise. */
const MIN_CELLS = 8

interface Map4 {
  data: ArrayLike<number>
  /** 1, classes, height, width. */
  dims: readonly number[]
}

/**
 * Probabilities of each cell and class. Values that lie within 0..1 already are; else they are logits, of one class for
 * itself, of several against each other.
 */
function probabilities({ data, dims }: Map4): Float32Array {
  const [, classes, height, width] = dims
  const cells = height * width
  const values = Float32Array.from({ length: classes * cells }, (_, index) => data[index])
  if (values.every((value) => value >= 0 && value <= 1)) return values
  if (classes === 1) return values.map(sigmoid)
  for (let cell = 0; cell < cells; cell++) {
    let most = Number.NEGATIVE_INFINITY
    for (let index = cell; index < values.length; index += cells)
      most = Math.max(most, values[index])
    let sum = 0
    for (let index = cell; index < values.length; index += cells) {
      values[index] = Math.exp(values[index] - most)
      sum += values[index]
    }
    for (let index = cell; index < values.length; index += cells) values[index] /= sum
  }
  return values
}

const isBackground = (name: string): boolean => /^(background|_?_?bg|void)$/i.test(name)

/** The class of each cell, −1 for the background. */
function classMap(values: Float32Array, cells: number, classes: readonly string[]): Int16Array {
  const map = new Int16Array(cells)
  for (let cell = 0; cell < cells; cell++) {
    let best = 0
    for (let index = 1; index < classes.length; index++)
      if (values[index * cells + cell] > values[best * cells + cell]) best = index
    const isNothing = classes.length === 1 ? values[cell] <= 0.5 : isBackground(classes[best] ?? '')
    map[cell] = isNothing ? -1 : best
  }
  return map
}

/** Connected regions of one class, each proposed for itself; as sure as the mean of its cells. */
export function decodeSemantic(
  { classes, input }: Detector,
  map4: Map4,
  { floor }: { floor: number },
): Found[] {
  const [, , height, width] = map4.dims
  const cells = height * width
  const values = probabilities(map4)
  const map = classMap(values, cells, classes)
  const seen = new Uint8Array(cells)
  const found: Found[] = []
  for (let start = 0; start < cells; start++) {
    const classIndex = map[start]
    if (classIndex < 0 || seen[start]) continue
    const region = regionFrom(start, map, seen, width, height)
    if (region.length < MIN_CELLS) continue
    const sum = region.reduce((total, cell) => total + values[classIndex * cells + cell], 0)
    const confidence = sum / region.length
    if (confidence < floor) continue
    const cellWidth = input.width / width
    const cellHeight = input.height / height
    found.push({
      classIndex,
      confidence,
      ...placed(region, width, cellWidth, cellHeight),
      keypoints: [],
    })
  }
  return found
}

/** The cells that are connected with one, of the same class, in four directions. Marks them as seen. */
function regionFrom(
  start: number,
  map: Int16Array,
  seen: Uint8Array,
  width: number,
  height: number,
): number[] {
  const region = [start]
  seen[start] = 1
  const visit = (cell: number, from: number) => {
    if (seen[cell] || map[cell] !== map[from]) return
    seen[cell] = 1
    region.push(cell)
  }
  for (let next = 0; next < region.length; next++) {
    const cell = region[next]
    const x = cell % width
    if (x > 0) visit(cell - 1, cell)
    if (x < width - 1) visit(cell + 1, cell)
    if (cell >= width) visit(cell - width, cell)
    if (cell < width * (height - 1)) visit(cell + width, cell)
  }
  return region
}

/** A region's box and mask, in pixels of the input. */
function placed(region: readonly number[], width: number, cellWidth: number, cellHeight: number) {
  let [x0, x1, y0, y1] = [width, 0, Number.POSITIVE_INFINITY, 0]
  for (const cell of region) {
    const x = cell % width
    const y = (cell - x) / width
    x0 = Math.min(x0, x)
    x1 = Math.max(x1, x + 1)
    y0 = Math.min(y0, y)
    y1 = Math.max(y1, y + 1)
  }
  const size = { width: x1 - x0, height: y1 - y0 }
  const left = x0 * cellWidth
  const top = y0 * cellHeight
  return {
    shape: {
      kind: 'bbox' as const,
      x: left,
      y: top,
      w: size.width * cellWidth,
      h: size.height * cellHeight,
    },
    mask: (): ScoredMask => {
      const scores = new Float32Array(size.width * size.height).fill(-1)
      for (const cell of region) {
        const x = cell % width
        scores[((cell - x) / width - y0) * size.width + x - x0] = 1
      }
      return { size, scores, left, top, cellWidth, cellHeight }
    },
  }
}
