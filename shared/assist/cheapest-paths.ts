import { DEAREST } from './edge-map.ts'

/** A step to a side and a step to a corner, as whole numbers in the ratio of their lengths. */
const STRAIGHT = 5
const DIAGONAL = 7
/** Longer than the longest step, and a power of two. */
const BUCKETS = 2048
if (DEAREST * DIAGONAL >= BUCKETS) throw new Error('The buckets are too few')
const FAR = 0x7fffffff
const NONE = -1
/** No way leads here yet. */
const NO_STEP = 255

/**
 * Cheapest paths over a map of costs from one pixel to all others (Dijkstra, 1959; with buckets, Dial, 1969). It goes on
 * where it stopped, so that near pixels are known at once and far ones when they are asked for.
 */
export class CheapestPaths {
  readonly #width: number
  readonly #height: number
  readonly #costs: Uint8Array
  readonly #distances: Int32Array
  /** By pixel, from which of its eight neighbours the path comes. */
  readonly #steps: Uint8Array
  readonly #isDone: Uint8Array
  // The pixels of each bucket are a list linked both ways: a pixel that becomes nearer moves.
  readonly #heads = new Int32Array(BUCKETS)
  readonly #next: Int32Array
  readonly #before: Int32Array
  /** Neighbours as offsets, sides first. */
  readonly #offsets: Int32Array
  #waiting = 0
  #distance = 0
  #start = NONE

  /** `costs`: 1..DEAREST a pixel. Its values may be filled in later, until the search comes to them. */
  constructor(costs: Uint8Array, width: number, height: number) {
    const count = width * height
    this.#costs = costs
    this.#width = width
    this.#height = height
    this.#distances = new Int32Array(count)
    this.#steps = new Uint8Array(count)
    this.#isDone = new Uint8Array(count)
    this.#next = new Int32Array(count)
    this.#before = new Int32Array(count)
    this.#offsets = Int32Array.of(
      1,
      width,
      -1,
      -width,
      width + 1,
      width - 1,
      -width - 1,
      -width + 1,
    )
  }

  get isComplete(): boolean {
    return this.#waiting === 0
  }

  begin(start: number): void {
    this.#distances.fill(FAR)
    this.#steps.fill(NO_STEP)
    this.#isDone.fill(0)
    this.#heads.fill(NONE)
    this.#waiting = 0
    this.#distance = 0
    this.#start = start
    this.#distances[start] = 0
    this.#push(start, 0)
  }

  /** Goes on until the path to `target` is known. */
  expandTo(target: number): void {
    while (this.#isDone[target] === 0) this.#settle(this.#nearest())
  }

  /** Goes on with this many more pixels, wherever they are. */
  workAhead(pixels: number): void {
    for (let left = pixels; left > 0 && this.#waiting > 0; left--) this.#settle(this.#nearest())
  }

  /** From the start to a pixel whose path is known, both included. */
  pathTo(target: number): number[] {
    const path = [target]
    for (let pixel = target; pixel !== this.#start; ) {
      pixel -= this.#offsets[this.#steps[pixel]]
      path.push(pixel)
    }
    return path.reverse()
  }

  #nearest(): number {
    while (this.#heads[this.#distance & (BUCKETS - 1)] === NONE) this.#distance++
    const bucket = this.#distance & (BUCKETS - 1)
    const pixel = this.#heads[bucket]
    this.#heads[bucket] = this.#next[pixel]
    if (this.#next[pixel] !== NONE) this.#before[this.#next[pixel]] = NONE
    this.#waiting--
    return pixel
  }

  #settle(pixel: number): void {
    this.#isDone[pixel] = 1
    const x = pixel % this.#width
    const y = (pixel - x) / this.#width
    const isInside = x > 0 && y > 0 && x < this.#width - 1 && y < this.#height - 1
    const here = this.#distances[pixel]
    for (let direction = 0; direction < 8; direction++) {
      const neighbour = pixel + this.#offsets[direction]
      if (!isInside && !this.#has(x, y, direction)) continue
      if (this.#isDone[neighbour] === 1) continue
      const length = direction < 4 ? STRAIGHT : DIAGONAL
      const distance = here + this.#costs[neighbour] * length
      const known = this.#distances[neighbour]
      if (distance >= known) continue
      if (known !== FAR) this.#unlink(neighbour, known)
      this.#distances[neighbour] = distance
      this.#steps[neighbour] = direction
      this.#push(neighbour, distance)
    }
  }

  #has(x: number, y: number, direction: number): boolean {
    const dx = STEPS_X[direction]
    const dy = STEPS_Y[direction]
    return x + dx >= 0 && x + dx < this.#width && y + dy >= 0 && y + dy < this.#height
  }

  #push(pixel: number, distance: number): void {
    const bucket = distance & (BUCKETS - 1)
    const head = this.#heads[bucket]
    this.#next[pixel] = head
    this.#before[pixel] = NONE
    if (head !== NONE) this.#before[head] = pixel
    this.#heads[bucket] = pixel
    this.#waiting++
  }

  #unlink(pixel: number, distance: number): void {
    const next = this.#next[pixel]
    const before = this.#before[pixel]
    if (before === NONE) this.#heads[distance & (BUCKETS - 1)] = next
    else this.#next[before] = next
    if (next !== NONE) this.#before[next] = before
    this.#waiting--
  }
}

const STEPS_X = [1, 0, -1, 0, 1, -1, -1, 1] as const
const STEPS_Y = [0, 1, 0, -1, 1, 1, -1, -1] as const
