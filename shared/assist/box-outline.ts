import type { Box, Point } from '#shared/model/annotation.ts'
import { type ColourModel, learnColours } from './colour-model.ts'
import { leastCut, NEIGHBOUR_X, NEIGHBOUR_Y, NEIGHBOURS } from './least-cut.ts'
import { flood } from './magic-wand.ts'
import type { MaskPlace, PlacedMask } from './mask-to-polygon.ts'
import { type Pixels, pixelAt, pixelBox, shrunk } from './pixels.ts'

/** The first cut is made on so many pixels at most; it is found again at full size along its border. */
const FIRST_PIXELS = 40_000
/** Rounds of learning colours and cutting. */
const ROUNDS = 4
/** Each size has at most so many times the pixels of a side of the one before. */
const STEP = 3
/** A border of more pixels is left as it is: finding it again would take too long. */
const MOST_BORDER = 400_000
/** The border is found to this part of the box's diagonal: half of what the polygon's tolerance leaves out. */
const BORDER_DETAIL = 0.001
/** How far around the box the background is learned, parts of its longer side. */
const AROUND = 0.2
/** What it costs to part neighbours of one colour; as GrabCut has it. */
const SMOOTH = 50
/** Weights of the graph are whole numbers: so many for 1. */
const UNIT = 64
/** More than all surprises and neighbours of a pixel together. */
const CERTAIN = 100_000
/** A point of the person's is certain so far around, parts of the box's longer side. */
const POINT_REACH = 0.012

/** Colours that differ by less are taken for one at a point of the person's, 0..255 a channel. */
const LIKE = 20

/** By pixel: what is certain, and what the cut finds. */
const OUTSIDE = 0
const INSIDE = 1
const UNKNOWN = 2

export interface OutlineAsk {
  /** Around the object, image pixels. */
  box: Box
  /** Places that belong to it, and that do not. Image pixels. */
  positive: readonly Point[]
  negative: readonly Point[]
}

interface Level {
  pixels: Pixels
  place: MaskPlace
}

/**
 * The object in a box, by colours inside and around it and by edges between (GrabCut: Rother, Kolmogorov, Blake, 2004). Found
 * on a small picture first, then along the border at larger sizes. Null where nothing of the picture is in the box, or all of it.
 */
export function outlineInBox(picture: Pixels, ask: OutlineAsk): PlacedMask | null {
  const margin = Math.max(4, AROUND * Math.max(ask.box.w, ask.box.h))
  const part = pixelBox(ask.box, picture, margin)
  if (!part || !pixelBox(ask.box, picture)) return null
  let factor = Math.max(1, Math.ceil(Math.sqrt((part.w * part.h) / FIRST_PIXELS)))
  let level = levelOf(picture, part, factor)
  const known = certain(level, ask)
  let state = firstGuess(level, known, ask)
  let models: Models | null = null
  for (let round = 0; round < ROUNDS; round++) {
    models = learn(level.pixels, state) ?? models
    if (!models) break
    const next = cut(level.pixels, known, models)
    const isSame = next.every((value, pixel) => value === state[pixel])
    state = next
    if (isSame) break
  }
  const finest = Math.max(1, Math.floor(BORDER_DETAIL * Math.hypot(ask.box.w, ask.box.h)))
  if (!models) return null
  while (factor > finest) {
    factor = Math.max(finest, Math.ceil(factor / STEP))
    const larger = levelOf(picture, part, factor)
    const unknown = alongBorder(level, state, larger)
    const sure = certain(larger, ask)
    for (let pixel = 0; pixel < sure.length; pixel++)
      if (sure[pixel] !== UNKNOWN) unknown[pixel] = sure[pixel]
    if (countOf(unknown, UNKNOWN) > MOST_BORDER) break
    state = cut(larger.pixels, unknown, models)
    level = larger
  }
  const { width, height } = level.pixels
  return { mask: { width, height, data: state }, place: level.place }
}

function countOf(state: Uint8Array, wanted: number): number {
  let count = 0
  for (let pixel = 0; pixel < state.length; pixel++) if (state[pixel] === wanted) count++
  return count
}

function levelOf(picture: Pixels, part: Box, factor: number): Level {
  return {
    pixels: shrunk(picture, part, factor),
    place: { left: part.x, top: part.y, scaleX: factor, scaleY: factor },
  }
}

/** Outside of the box is outside, and the person's points are what they say; the rest is to be found. */
function certain({ pixels, place }: Level, { box, positive, negative }: OutlineAsk): Uint8Array {
  const { width, height } = pixels
  const state = new Uint8Array(width * height).fill(OUTSIDE)
  const left = Math.max(0, Math.floor((box.x - place.left) / place.scaleX))
  const right = Math.min(width, Math.ceil((box.x + box.w - place.left) / place.scaleX))
  const top = Math.max(0, Math.floor((box.y - place.top) / place.scaleY))
  const bottom = Math.min(height, Math.ceil((box.y + box.h - place.top) / place.scaleY))
  for (let y = top; y < bottom; y++) state.fill(UNKNOWN, y * width + left, y * width + right)
  const reach = Math.max(1, (POINT_REACH * Math.max(box.w, box.h)) / place.scaleX)
  const mark = (point: Point, value: number) => {
    const x = (point.x - place.left) / place.scaleX
    const y = (point.y - place.top) / place.scaleY
    for (
      let row = Math.max(0, Math.floor(y - reach));
      row <= Math.min(height - 1, y + reach);
      row++
    )
      for (
        let column = Math.max(0, Math.floor(x - reach));
        column <= Math.min(width - 1, x + reach);
        column++
      )
        if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= reach)
          state[row * width + column] = value
  }
  for (const point of positive) mark(point, INSIDE)
  for (const point of negative) mark(point, OUTSIDE)
  return state
}

/** All of the box may be the object, but not what is of one colour with places beside it. */
function firstGuess(
  { pixels, place }: Level,
  known: Uint8Array,
  { positive, negative }: OutlineAsk,
): Uint8Array {
  const guess = new Uint8Array(known.length).fill(INSIDE)
  const like = (points: readonly Point[], value: number) => {
    for (const { x, y } of points) {
      const at = { x: (x - place.left) / place.scaleX, y: (y - place.top) / place.scaleY }
      flood(pixels, pixelAt(at, pixels), LIKE, guess, value)
    }
  }
  like(negative, OUTSIDE)
  like(positive, INSIDE)
  for (let pixel = 0; pixel < known.length; pixel++)
    if (known[pixel] !== UNKNOWN) guess[pixel] = known[pixel]
  return guess
}

interface Models {
  inside: ColourModel
  outside: ColourModel
}

/** Null when a side has no pixels to learn from. */
function learn({ data }: Pixels, state: Uint8Array): Models | null {
  const inside: number[] = []
  const outside: number[] = []
  state.forEach((value, pixel) => {
    if (value === INSIDE) inside.push(pixel)
    else outside.push(pixel)
  })
  if (inside.length === 0 || outside.length === 0) return null
  return { inside: learnColours(data, inside), outside: learnColours(data, outside) }
}

/** Unknown are the pixels near the border that was found on a smaller picture; the others are as it says. */
function alongBorder(small: Level, state: Uint8Array, large: Level): Uint8Array {
  const { width, height } = small.pixels
  const isBorder = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = state[y * width + x]
      for (let direction = 0; direction < NEIGHBOURS; direction++) {
        const [column, row] = [x + NEIGHBOUR_X[direction], y + NEIGHBOUR_Y[direction]]
        if (column < 0 || row < 0 || column >= width || row >= height) continue
        if (state[row * width + column] !== value) isBorder[y * width + x] = 1
      }
    }
  const ratio = large.place.scaleX / small.place.scaleX
  const unknown = new Uint8Array(large.pixels.width * large.pixels.height)
  for (let y = 0, pixel = 0; y < large.pixels.height; y++) {
    const row = Math.min(height - 1, Math.floor(y * ratio)) * width
    for (let x = 0; x < large.pixels.width; x++, pixel++) {
      const from = row + Math.min(width - 1, Math.floor(x * ratio))
      unknown[pixel] = isBorder[from] === 1 ? UNKNOWN : state[from]
    }
  }
  return unknown
}

/** Parts what is unknown into inside and outside; what is known stays. */
function cut(picture: Pixels, known: Uint8Array, models: Models): Uint8Array<ArrayBuffer> {
  const { width, data } = picture
  const nodes: number[] = []
  const nodeOf = new Int32Array(known.length).fill(-1)
  known.forEach((value, pixel) => {
    if (value !== UNKNOWN) return
    nodeOf[pixel] = nodes.length
    nodes.push(pixel)
  })
  const graph = {
    neighbours: new Int32Array(nodes.length * NEIGHBOURS).fill(-1),
    weights: new Int32Array(nodes.length * NEIGHBOURS),
    inside: new Int32Array(nodes.length),
  }
  const contrast = 1 / (2 * meanContrast(picture))
  const height = known.length / width
  nodes.forEach((pixel, node) => {
    const at = pixel * 4
    const [red, green, blue] = [data[at], data[at + 1], data[at + 2]]
    const rather =
      models.outside.surprise(red, green, blue) - models.inside.surprise(red, green, blue)
    let inside = Math.round(rather * UNIT)
    const x = pixel % width
    const y = (pixel - x) / width
    for (let direction = 0; direction < NEIGHBOURS; direction++) {
      const [column, row] = [x + NEIGHBOUR_X[direction], y + NEIGHBOUR_Y[direction]]
      if (column < 0 || row < 0 || column >= width || row >= height) continue
      const neighbour = row * width + column
      const apart = squaredContrast(data, at, neighbour * 4)
      const length = direction < 4 ? 1 : Math.SQRT2
      const weight = Math.round(((SMOOTH * Math.exp(-contrast * apart)) / length) * UNIT)
      const other = nodeOf[neighbour]
      if (other >= 0) {
        graph.neighbours[node * NEIGHBOURS + direction] = other
        graph.weights[node * NEIGHBOURS + direction] = weight
      } else inside += known[neighbour] === INSIDE ? weight : -weight
    }
    graph.inside[node] = Math.max(-CERTAIN, Math.min(CERTAIN, inside))
  })
  const found = leastCut(graph)
  const state = new Uint8Array(known)
  nodes.forEach((pixel, node) => {
    state[pixel] = found[node] === 1 ? INSIDE : OUTSIDE
  })
  return state
}

function squaredContrast(data: Pixels['data'], one: number, other: number): number {
  const red = data[one] - data[other]
  const green = data[one + 1] - data[other + 1]
  const blue = data[one + 2] - data[other + 2]
  return red * red + green * green + blue * blue
}

/** The mean squared difference between neighbours, of about ten thousand of them. */
function meanContrast({ width, height, data }: Pixels): number {
  const count = width * height
  const every = Math.max(1, Math.floor(count / 10_000))
  let [sum, pairs] = [0, 0]
  for (let pixel = 0; pixel < count - width - 1; pixel += every) {
    sum += squaredContrast(data, pixel * 4, (pixel + 1) * 4)
    sum += squaredContrast(data, pixel * 4, (pixel + width) * 4)
    pairs += 2
  }
  return Math.max(1, pairs > 0 ? sum / pairs : 1)
}
