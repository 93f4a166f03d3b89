import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import { stretchShape } from '#shared/geometry/shape.ts'
import type { Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import { type OutlineAsk, outlineInBox } from './box-outline.ts'
import { LiveWire } from './live-wire.ts'
import { type WandSeed, wandRegion } from './magic-wand.ts'
import { type MaskPolygons, maskToPolygons, type PlacedMask } from './mask-to-polygon.ts'
import { type Pixels, shrunk } from './pixels.ts'
import { snapToEdges } from './snap-to-edges.ts'

/** The wand works on a picture of at most so many pixels. */
const WAND_PIXELS = 4_000_000
/** Holes and specks of less than this part of a region are noise of the picture. */
const NOISE = 0.0005
/** Beside the largest region, one of less than this part of it is left out of an outline. */
const BESIDE = 0.05

/** What smart tools ask of one picture, without any model. All in image pixels. */
export class PictureTools {
  readonly #pixels: Pixels
  /** Image pixels of a side of the picture's pixels: pictures too large for memory are read smaller. */
  readonly #scale: number
  #wire: LiveWire | null = null
  /** Where the paths that are known begin. */
  #wireFrom: Point | null = null
  #forWand: { pixels: Pixels; factor: number } | null = null

  constructor(pixels: Pixels, scale = 1) {
    this.#pixels = pixels
    this.#scale = scale
  }

  get #liveWire(): LiveWire {
    this.#wire ??= new LiveWire(this.#pixels)
    return this.#wire
  }

  /** The place on the strongest edge within `reach`; `at` itself where there is none. */
  nearestEdge(at: Point, reach: number): Point {
    const near = this.#liveWire.nearestEdge(this.#into(at), reach / this.#scale)
    return this.#outOf(near)
  }

  /**
   * Along edges from one place to another, or to the strongest edge within `reach` of it: without the first point and with
   * the last. Straight parts within `tolerance` have no vertices.
   */
  wirePath(from: Point, to: Point, reach: number, tolerance: number): Point[] {
    const wire = this.#liveWire
    if (this.#wireFrom?.x !== from.x || this.#wireFrom.y !== from.y) {
      this.#wireFrom = from
      wire.begin(this.#into(from))
    }
    const target = this.#into(reach > 0 ? this.nearestEdge(to, reach) : to)
    const points = wire.path(target, Math.max(1, tolerance / this.#scale))
    return points.map((point) => this.#outOf(point))
  }

  /** Looks for paths ahead. False when there is nothing left to do. */
  workAhead(pixels: number): boolean {
    return this.#wire?.workAhead(pixels) ?? false
  }

  /** The outline of the object in a box, and of what else was pointed at. */
  outline(ask: OutlineAsk): MaskPolygons {
    const scale = this.#scale
    const { x, y, w, h } = ask.box
    const found = outlineInBox(this.#pixels, {
      box: { x: x / scale, y: y / scale, w: w / scale, h: h / scale },
      positive: ask.positive.map((point) => this.#into(point)),
      negative: ask.negative.map((point) => this.#into(point)),
    })
    const { shapes, tolerance } = this.#polygons(found)
    const [largest] = shapes
    const kept = shapes.filter(
      ({ rings }) =>
        ringArea(rings[0]) >= BESIDE * ringArea(largest.rings[0]) ||
        ask.positive.some((point) => ringsContain(rings, point)),
    )
    return { shapes: kept, tolerance }
  }

  /** Regions of like colour around places. `tolerance`: 0..255 a channel. */
  wand(seeds: readonly WandSeed[], tolerance: number): MaskPolygons {
    this.#forWand ??= this.#shrunkForWand()
    const { pixels, factor } = this.#forWand
    const place = { left: 0, top: 0, scaleX: factor, scaleY: factor }
    const inPicture = seeds.map(({ at, adds }) => ({ at: this.#into(at), adds }))
    return this.#polygons(wandRegion(pixels, place, inPicture, tolerance))
  }

  /** The shape on the nearest strong edges; null when it lies there already. */
  snapToEdges(shape: Shape, reach: number): Shape | null {
    const scale = this.#scale
    const small = stretchShape(shape, { sx: 1 / scale, sy: 1 / scale, dx: 0, dy: 0 })
    const snapped = snapToEdges(this.#liveWire.edges, small, reach / scale)
    return snapped && stretchShape(snapped, { sx: scale, sy: scale, dx: 0, dy: 0 })
  }

  #shrunkForWand(): { pixels: Pixels; factor: number } {
    const { width, height } = this.#pixels
    const factor = Math.ceil(Math.sqrt((width * height) / WAND_PIXELS))
    if (factor <= 1) return { pixels: this.#pixels, factor: 1 }
    return { pixels: shrunk(this.#pixels, { x: 0, y: 0, w: width, h: height }, factor), factor }
  }

  #polygons(found: PlacedMask | null): MaskPolygons {
    if (!found) return { shapes: [], tolerance: 0 }
    const { mask, place } = found
    let inside = 0
    for (let pixel = 0; pixel < mask.data.length; pixel++) inside += mask.data[pixel]
    const leastPixels = Math.max(8, NOISE * inside)
    const { shapes, tolerance } = maskToPolygons(mask, { place, leastPixels })
    return {
      shapes: shapes.map(
        ({ rings }): PolygonShape => ({
          kind: 'polygon',
          rings: rings.map((ring) => ring.map((point) => this.#outOf(point))),
        }),
      ),
      tolerance: tolerance * this.#scale,
    }
  }

  #into({ x, y }: Point): Point {
    return { x: x / this.#scale, y: y / this.#scale }
  }

  #outOf({ x, y }: Point): Point {
    return { x: x * this.#scale, y: y * this.#scale }
  }
}
