import { boundsOfPoints } from '#shared/geometry/box.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { distance } from '#shared/geometry/point.ts'
import { simplifyRing } from '#shared/geometry/polygon-ops.ts'
import { type Mask, rasterise, traceMask } from '#shared/geometry/raster.ts'
import { convexHull, minimumAreaRectangle, ringArea } from '#shared/geometry/ring.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { Box, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'

type OrientedBox = Extract<Shape, { kind: 'oriented_box' }>

/** Where a mask lies: its top left corner, and how many image pixels one of its pixels covers each way. */
export interface MaskPlace {
  left: number
  top: number
  scaleX: number
  scaleY: number
}

export interface PlacedMask {
  mask: Mask
  place: MaskPlace
}

export const SAME_PIXELS: MaskPlace = { left: 0, top: 0, scaleX: 1, scaleY: 1 }

/** A model's logits, row by row, as a mask: inside where they are above the threshold. Throws a RangeError when sizes differ. */
export function maskFromLogits(
  logits: ArrayLike<number>,
  width: number,
  height: number,
  threshold = 0,
): Mask {
  if (logits.length !== width * height)
    throw new RangeError(`${logits.length} logits are no mask of ${width} × ${height} pixels`)
  const data = new Uint8Array(width * height)
  for (let index = 0; index < data.length; index++) data[index] = logits[index] > threshold ? 1 : 0
  return { width, height, data }
}

function perimeterOf(ring: readonly Point[]): number {
  return ring.reduce(
    (sum, point, index) => sum + distance(point, ring[(index + 1) % ring.length]),
    0,
  )
}

/**
 * How far the border of a polygon may be from the ring that it is made of: Pictograph's rule, the smaller of
 * 0.0036 × perimeter and 0.00216 × diagonal of its box. In the ring's own unit.
 */
export function ringTolerance(ring: readonly Point[]): number {
  const { w, h } = boundsOfPoints(ring)
  return Math.min(0.0036 * perimeterOf(ring), 0.00216 * Math.hypot(w, h))
}

/**
 * A mask knows its border to a pixel: finer, each step of a slanted border would stay. Small regions keep more of their
 * form. In mask pixels.
 */
function finest(ring: readonly Point[]): number {
  const { w, h } = boundsOfPoints(ring)
  return Math.min(1, Math.max(0.5, 0.02 * Math.hypot(w, h)))
}

/** Regions and holes of fewer mask pixels than this are noise, unless somebody asks for them. */
const LEAST_PIXELS = 4

export interface MaskPolygons {
  /** Largest first, in image pixels. */
  shapes: PolygonShape[]
  /** The largest tolerance that was used, image pixels. */
  tolerance: number
}

interface MaskPolygonOptions {
  place?: MaskPlace
  /** For all rings, in mask pixels; otherwise the rule of `ringTolerance`, but not finer than the mask itself. */
  tolerance?: number
  /** Regions and holes of fewer mask pixels are left out. */
  leastPixels?: number
}

/**
 * A mask as polygons with holes, one for each region (4-connected). No polygon crosses itself: where the tolerance would
 * make it, that polygon is made with a smaller one.
 */
export function maskToPolygons(
  mask: Mask,
  { place = SAME_PIXELS, tolerance, leastPixels = LEAST_PIXELS }: MaskPolygonOptions = {},
): MaskPolygons {
  let used = 0
  const shapes = traceMask(mask)
    .map(([outside, ...holes]) => [
      outside,
      ...holes.filter((hole) => ringArea(hole) >= leastPixels),
    ])
    .filter(([outside]) => ringArea(outside) >= leastPixels)
    .sort((a, b) => ringArea(b[0]) - ringArea(a[0]))
    .map((traced): PolygonShape => {
      const wanted = tolerance ?? Math.max(finest(traced[0]), ringTolerance(traced[0]))
      const { rings, tolerance: fine } = simplified(traced.map(cutSteps), wanted)
      used = Math.max(used, fine)
      return {
        kind: 'polygon',
        rings: rings.map((ring) => ring.map((point) => toImage(point, place))),
      }
    })
  return { shapes, tolerance: used * Math.max(place.scaleX, place.scaleY) }
}

const toImage = ({ x, y }: Point, { left, top, scaleX, scaleY }: MaskPlace): Point => ({
  x: left + x * scaleX,
  y: top + y * scaleY,
})

/** Halvings of the tolerance before the border is taken as it is. */
const HALVINGS = 3

function simplified(
  rings: readonly Point[][],
  wanted: number,
): { rings: Point[][]; tolerance: number } {
  let tolerance = wanted
  for (let tries = 0; tries <= HALVINGS; tries++) {
    const simple = rings.map((ring) => simplifyRing(ring, tolerance))
    if (selfCrossings({ kind: 'polygon', rings: simple }).length === 0)
      return { rings: simple, tolerance }
    tolerance /= 2
  }
  return { rings: [...rings], tolerance: 0 }
}

/**
 * A border along pixel corners without its steps: through the middles of the pixels' sides where the border is slanted,
 * while corners between longer sides stay. The same pixel centres are inside.
 */
function cutSteps(ring: readonly Point[]): Point[] {
  const count = ring.length
  const lengths = ring.map((point, index) => distance(point, ring[(index + 1) % count]))
  const points: Point[] = []
  const add = (point: Point) => {
    const last = points.at(-1)
    if (last?.x !== point.x || last.y !== point.y) points.push(point)
  }
  ring.forEach((corner, index) => {
    const before = (index + count - 1) % count
    if (Math.min(lengths[before], lengths[index]) >= 2) {
      add(corner)
      return
    }
    // Half a pixel before the corner, and half a pixel after it.
    for (const end of [ring[before], ring[(index + 1) % count]])
      add({
        x: corner.x + Math.sign(end.x - corner.x) / 2,
        y: corner.y + Math.sign(end.y - corner.y) / 2,
      })
  })
  const [first] = points
  const last = points[points.length - 1]
  return first.x === last.x && first.y === last.y ? points.slice(0, -1) : points
}

/** What polygons cover of the image, as a mask of the pixels in `frame` (whole image pixels); overlaps are covered. */
export function polygonsToMask(shapes: readonly PolygonShape[], frame: Box): Mask {
  const mask: Mask = { width: frame.w, height: frame.h, data: new Uint8Array(frame.w * frame.h) }
  for (const { rings } of shapes) {
    const { data } = rasterise(rings, frame.w, frame.h, frame.x, frame.y)
    for (let index = 0; index < data.length; index++) mask.data[index] |= data[index]
  }
  return mask
}

/** The box around all that is inside, image pixels; null when nothing is. */
export function maskToBox(mask: Mask, place: MaskPlace = SAME_PIXELS): Box | null {
  const spans = rowSpans(mask)
  if (spans.length === 0) return null
  const { x, y, w, h } = boundsOfPoints(spans.flatMap(cornersOf))
  return { ...toImage({ x, y }, place), w: w * place.scaleX, h: h * place.scaleY }
}

/** The turned box of least area around all that is inside, image pixels; null when nothing is. */
export function maskToOrientedBox(mask: Mask, place: MaskPlace = SAME_PIXELS): OrientedBox | null {
  const spans = rowSpans(mask)
  if (spans.length === 0) return null
  const corners = spans.flatMap(cornersOf).map((point) => toImage(point, place))
  const { angleDeg, ...box } = minimumAreaRectangle(convexHull(corners))
  return { kind: 'oriented_box', ...box, angleDeg: normaliseAngle(angleDeg) }
}

/** From the first to the last pixel inside of each row that has any; `to` lies beyond the last. */
function rowSpans({ width, height, data }: Mask): { y: number; from: number; to: number }[] {
  const spans: { y: number; from: number; to: number }[] = []
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width)
    let [from, to] = [0, width]
    while (from < width && row[from] === 0) from++
    if (from === width) continue
    while (row[to - 1] === 0) to--
    spans.push({ y, from, to })
  }
  return spans
}

const cornersOf = ({ y, from, to }: { y: number; from: number; to: number }): Point[] => [
  { x: from, y },
  { x: to, y },
  { x: from, y: y + 1 },
  { x: to, y: y + 1 },
]

/** Intersection over union of two masks of one size, 0..1; 1 when both are empty. */
export function maskIou(one: Mask, other: Mask): number {
  let [both, any] = [0, 0]
  for (let index = 0; index < one.data.length; index++) {
    const [a, b] = [one.data[index] !== 0, other.data[index] !== 0]
    if (a && b) both++
    if (a || b) any++
  }
  return any === 0 ? 1 : both / any
}
