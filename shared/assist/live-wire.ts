import { simplifyPath } from '#shared/geometry/polygon-ops.ts'
import type { Point } from '#shared/model/annotation.ts'
import { CheapestPaths } from './cheapest-paths.ts'
import { DEAREST, EdgeMap } from './edge-map.ts'
import { type Pixels, pixelAt, shrunk } from './pixels.ts'

/** Paths are looked for in a picture of at most so many pixels, and then found again at full size beside them. */
const COARSE_PIXELS = 800_000
/** Of a path, so many coarse pixels at a time are found again at full size. */
const STRETCH = 24
/** How far a path at full size may be from the coarse one, coarse pixels. */
const CORRIDOR = 1.5
/** A path never runs where its corridor is closed. */
const CLOSED = DEAREST

interface Cell {
  x: number
  y: number
}

/** The path along edges from one place to another (intelligent scissors: Mortensen and Barrett, 1995). Image pixels. */
export class LiveWire {
  readonly #pixels: Pixels
  readonly #fine: EdgeMap
  readonly #coarse: EdgeMap
  /** Image pixels of a side of a coarse pixel. */
  readonly #factor: number
  readonly #paths: CheapestPaths
  #from: Cell | null = null
  /** The last path's stretches: most of the next one's are the same. */
  #known: { end: Cell; cells: readonly Cell[] }[] = []

  constructor(pixels: Pixels, coarsePixels = COARSE_PIXELS) {
    this.#pixels = pixels
    this.#factor = Math.max(1, Math.ceil(Math.sqrt((pixels.width * pixels.height) / coarsePixels)))
    this.#fine = new EdgeMap(pixels)
    const whole = { x: 0, y: 0, w: pixels.width, h: pixels.height }
    this.#coarse =
      this.#factor === 1 ? this.#fine : new EdgeMap(shrunk(pixels, whole, this.#factor))
    const { width, height } = this.#coarse
    this.#coarse.measure(0, 0, width, height)
    this.#paths = new CheapestPaths(this.#coarse.costs, width, height)
  }

  get edges(): EdgeMap {
    return this.#fine
  }

  /** The place on the strongest edge within `reach` of a place; that place itself where there is none. */
  nearestEdge(at: Point, reach: number): Point {
    const { x, y } = pixelAt(at, this.#pixels)
    const cell = this.#strongestNear(x, y, Math.min(40, Math.max(1, Math.round(reach))))
    return cell ? { x: cell.x + 0.5, y: cell.y + 0.5 } : at
  }

  /** Paths begin here from now on. */
  begin(at: Point): void {
    const { x, y } = this.#coarseCell(at)
    this.#from = pixelAt(at, this.#pixels)
    this.#known = []
    this.#paths.begin(y * this.#coarse.width + x)
  }

  /** Works ahead, so that a path is known when it is asked for. False when there is nothing left to do. */
  workAhead(pixels: number): boolean {
    if (this.#from === null || this.#paths.isComplete) return false
    this.#paths.workAhead(pixels)
    return !this.#paths.isComplete
  }

  /**
   * The way along edges from where it began, without its first point and with its last; straight where that has not
   * begun. Vertices within `tolerance` image pixels of a straight line are left out.
   */
  path(to: Point, tolerance: number): Point[] {
    const from = this.#from
    if (!from) return [to]
    const { width } = this.#coarse
    const cell = this.#coarseCell(to)
    const target = cell.y * width + cell.x
    this.#paths.expandTo(target)
    const coarse = this.#paths.pathTo(target).map((pixel): Cell => {
      const x = pixel % width
      return { x, y: (pixel - x) / width }
    })
    const cells =
      this.#factor === 1 ? coarse : this.#refined(from, coarse, pixelAt(to, this.#pixels))
    const points = cells.map(({ x, y }): Point => ({ x: x + 0.5, y: y + 0.5 }))
    return [...simplifyPath([...points.slice(0, -1), to], tolerance).slice(1, -1), to]
  }

  #coarseCell(at: Point): Cell {
    const { x, y } = pixelAt(at, this.#pixels)
    const { width, height } = this.#coarse
    return {
      x: Math.min(width - 1, Math.floor(x / this.#factor)),
      y: Math.min(height - 1, Math.floor(y / this.#factor)),
    }
  }

  /** The same way at full size: stretch by stretch, each in a corridor around the coarse path. */
  #refined(from: Cell, coarse: readonly Cell[], to: Cell): Cell[] {
    const factor = this.#factor
    const middle = (cell: Cell): Cell => ({
      x: Math.floor((cell.x + 0.5) * factor),
      y: Math.floor((cell.y + 0.5) * factor),
    })
    const cells: Cell[] = [from]
    const known = this.#known
    this.#known = []
    for (let at = 0; at < coarse.length - 1; at += STRETCH) {
      const start = cells[cells.length - 1]
      const stretch = coarse.slice(at, at + STRETCH + 1)
      const end = stretch[stretch.length - 1]
      const isLast = at + STRETCH >= coarse.length - 1
      if (isLast) {
        cells.push(...this.#stretch(start, [start, ...stretch.map(middle), to], to).slice(1))
        break
      }
      // All paths begin at one place, so those that meet in a pixel came the same way.
      const last = known[this.#known.length]
      const isSame = last?.end.x === end.x && last.end.y === end.y
      const found = isSame ? last.cells : this.#toEdge(start, stretch.map(middle))
      this.#known.push({ end, cells: found })
      cells.push(...found)
    }
    if (coarse.length === 1) cells.push(to)
    return cells
  }

  /** To the strongest edge around the last of `along`. */
  #toEdge(start: Cell, along: readonly Cell[]): Cell[] {
    const end = along[along.length - 1]
    const target = this.#strongestNear(end.x, end.y, this.#factor) ?? end
    return this.#stretch(start, [start, ...along, target], target).slice(1)
  }

  #stretch(start: Cell, along: readonly Cell[], end: Cell): Cell[] {
    const reach = Math.ceil(this.#factor * CORRIDOR)
    const left = Math.max(0, Math.min(...along.map(({ x }) => x)) - reach)
    const top = Math.max(0, Math.min(...along.map(({ y }) => y)) - reach)
    const right = Math.min(this.#fine.width, Math.max(...along.map(({ x }) => x)) + reach + 1)
    const bottom = Math.min(this.#fine.height, Math.max(...along.map(({ y }) => y)) + reach + 1)
    this.#fine.measure(left, top, right, bottom)
    const [width, height] = [right - left, bottom - top]
    // Closed but for the corridor.
    const costs = new Uint8Array(width * height).fill(CLOSED)
    for (const cell of along) {
      const to = Math.min(right, cell.x + reach + 1)
      for (let y = Math.max(top, cell.y - reach); y < Math.min(bottom, cell.y + reach + 1); y++) {
        const from = Math.max(left, cell.x - reach)
        const row = this.#fine.costs.subarray(
          y * this.#fine.width + from,
          y * this.#fine.width + to,
        )
        costs.set(row, (y - top) * width + from - left)
      }
    }
    const paths = new CheapestPaths(costs, width, height)
    const target = (end.y - top) * width + end.x - left
    paths.begin((start.y - top) * width + start.x - left)
    paths.expandTo(target)
    return paths.pathTo(target).map((pixel): Cell => {
      const x = pixel % width
      return { x: x + left, y: (pixel - x) / width + top }
    })
  }

  /** The cheapest pixel within `reach`, of several the nearest; null where all are flat. */
  #strongestNear(x: number, y: number, reach: number): Cell | null {
    const left = Math.max(0, x - reach)
    const top = Math.max(0, y - reach)
    const right = Math.min(this.#fine.width, x + reach + 1)
    const bottom = Math.min(this.#fine.height, y + reach + 1)
    this.#fine.measure(left, top, right, bottom)
    let best: Cell | null = null
    let least = DEAREST * 0.75
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) {
        const away = Math.hypot(column - x, row - y)
        if (away > reach) continue
        const cost = this.#fine.costs[row * this.#fine.width + column] * (1 + away / reach / 4)
        if (cost >= least) continue
        least = cost
        best = { x: column, y: row }
      }
    return best
  }
}
