/** Eight neighbours; the one opposite to `direction` is `direction ^ 1`. */
export const NEIGHBOURS = 8
export const NEIGHBOUR_X = [1, -1, 0, 0, 1, -1, 1, -1] as const
export const NEIGHBOUR_Y = [0, 0, 1, -1, 1, -1, -1, 1] as const

/** What a cut is looked for in. Weights are whole numbers. */
export interface CutGraph {
  /** By node and direction, the neighbour; -1 where there is none. */
  neighbours: Int32Array
  /** By node and direction, what it costs to part the two; the same both ways. The search changes it. */
  weights: Int32Array
  /** By node, how much rather it is inside (above 0) than outside (below). The search changes it. */
  inside: Int32Array
}

const FREE = -1
const ROOT = NEIGHBOURS
const ORPHAN = NEIGHBOURS + 1
const FAR = 0x7fffffff

/**
 * The cut of least cost between inside and outside: 1 for each node inside. The search grows a tree from each side and
 * mends them where a path is full (Boykov and Kolmogorov, 2004, in the names of that paper).
 */
export function leastCut(graph: CutGraph): Uint8Array {
  const search = new CutSearch(graph)
  search.run()
  return search.inside()
}

class CutSearch {
  readonly #neighbours: Int32Array
  /** What can still flow from a node to its neighbour. */
  readonly #left: Int32Array
  readonly #terminal: Int32Array
  /** By node, the direction of its parent. */
  readonly #parent: Int8Array
  readonly #isSink: Uint8Array
  /** When a node's way to its root was last looked at, and how long it was. */
  readonly #time: Int32Array
  readonly #depth: Int32Array
  readonly #queue: Int32Array
  readonly #isQueued: Uint8Array
  #queueStart = 0
  #queueLength = 0
  #orphans: number[] = []
  #now = 1

  constructor({ neighbours, weights, inside }: CutGraph) {
    const count = inside.length
    this.#neighbours = neighbours
    this.#left = weights
    this.#terminal = inside
    this.#parent = new Int8Array(count).fill(FREE)
    this.#isSink = new Uint8Array(count)
    this.#time = new Int32Array(count)
    this.#depth = new Int32Array(count)
    this.#queue = new Int32Array(count)
    this.#isQueued = new Uint8Array(count)
    for (let node = 0; node < count; node++) {
      if (inside[node] === 0) continue
      this.#isSink[node] = inside[node] < 0 ? 1 : 0
      this.#parent[node] = ROOT
      this.#depth[node] = 1
      this.#activate(node)
    }
  }

  run(): void {
    for (;;) {
      const node = this.#nextActive()
      if (node < 0) return
      // It goes on growing from the same node after each path.
      while (this.#parent[node] !== FREE) {
        const bridge = this.#grow(node)
        this.#now++
        if (bridge < 0) break
        this.#augment(bridge)
        this.#adopt()
      }
    }
  }

  inside(): Uint8Array {
    return this.#isSink.map((isSink, node) => (this.#parent[node] !== FREE && isSink === 0 ? 1 : 0))
  }

  #activate(node: number): void {
    if (this.#isQueued[node] === 1) return
    this.#isQueued[node] = 1
    this.#queue[(this.#queueStart + this.#queueLength) % this.#queue.length] = node
    this.#queueLength++
  }

  #nextActive(): number {
    if (this.#queueLength === 0) return -1
    const node = this.#queue[this.#queueStart]
    this.#queueStart = (this.#queueStart + 1) % this.#queue.length
    this.#queueLength--
    this.#isQueued[node] = 0
    return node
  }

  /** What can flow between a node and its neighbour, away from the source. */
  #flow(node: number, direction: number, neighbour: number): number {
    return this.#isSink[node] === 1
      ? this.#left[neighbour * NEIGHBOURS + (direction ^ 1)]
      : this.#left[node * NEIGHBOURS + direction]
  }

  /** Takes free neighbours into the node's tree. The arc to the other tree, from the source's side, when it touches it; else -1. */
  #grow(node: number): number {
    const isSink = this.#isSink[node]
    for (let direction = 0; direction < NEIGHBOURS; direction++) {
      const arc = node * NEIGHBOURS + direction
      const neighbour = this.#neighbours[arc]
      if (neighbour < 0 || this.#flow(node, direction, neighbour) <= 0) continue
      if (this.#parent[neighbour] === FREE) {
        this.#isSink[neighbour] = isSink
        this.#attach(neighbour, direction ^ 1, node)
        this.#activate(neighbour)
      } else if (this.#isSink[neighbour] !== isSink) {
        return isSink === 1 ? neighbour * NEIGHBOURS + (direction ^ 1) : arc
      } else if (
        this.#time[neighbour] <= this.#time[node] &&
        this.#depth[neighbour] > this.#depth[node]
      ) {
        // Nearer to the root this way.
        this.#attach(neighbour, direction ^ 1, node)
      }
    }
    return -1
  }

  #attach(node: number, direction: number, parent: number): void {
    this.#parent[node] = direction
    this.#time[node] = this.#time[parent]
    this.#depth[node] = this.#depth[parent] + 1
  }

  /** Sends as much as can flow through `bridge` and along both trees. */
  #augment(bridge: number): void {
    const source = bridge >> 3
    const sink = this.#neighbours[bridge]
    const amount = Math.min(this.#left[bridge], this.#roomAbove(source), this.#roomAbove(sink))
    this.#left[bridge] -= amount
    this.#left[sink * NEIGHBOURS + ((bridge & 7) ^ 1)] += amount
    this.#push(source, amount)
    this.#push(sink, amount)
  }

  #roomAbove(from: number): number {
    let room = FAR
    let node = from
    while (this.#parent[node] !== ROOT) {
      const direction = this.#parent[node]
      const parent = this.#neighbours[node * NEIGHBOURS + direction]
      room = Math.min(room, this.#flow(parent, direction ^ 1, node))
      node = parent
    }
    return Math.min(room, Math.abs(this.#terminal[node]))
  }

  #push(from: number, amount: number): void {
    let node = from
    const isSink = this.#isSink[node] === 1
    while (this.#parent[node] !== ROOT) {
      const direction = this.#parent[node]
      const up = node * NEIGHBOURS + direction
      const parent = this.#neighbours[up]
      const down = parent * NEIGHBOURS + (direction ^ 1)
      const [taken, given] = isSink ? [up, down] : [down, up]
      this.#left[taken] -= amount
      this.#left[given] += amount
      if (this.#left[taken] === 0) this.#orphan(node)
      node = parent
    }
    this.#terminal[node] += isSink ? amount : -amount
    if (this.#terminal[node] === 0) this.#orphan(node)
  }

  #orphan(node: number): void {
    this.#parent[node] = ORPHAN
    this.#orphans.push(node)
  }

  /** Nodes that lost their way to the root look for another one, or become free. */
  #adopt(): void {
    for (let index = 0; index < this.#orphans.length; index++) {
      const node = this.#orphans[index]
      let best = FREE
      let least = FAR
      for (let direction = 0; direction < NEIGHBOURS; direction++) {
        const neighbour = this.#neighbours[node * NEIGHBOURS + direction]
        if (!this.#couldAdopt(node, direction, neighbour)) continue
        const depth = this.#depthOf(neighbour)
        if (depth >= least) continue
        least = depth
        best = direction
      }
      if (best === FREE) this.#release(node)
      else {
        this.#parent[node] = best
        this.#time[node] = this.#now
        this.#depth[node] = least + 1
      }
    }
    this.#orphans = []
  }

  #couldAdopt(node: number, direction: number, neighbour: number): boolean {
    return (
      neighbour >= 0 &&
      this.#isSink[neighbour] === this.#isSink[node] &&
      this.#parent[neighbour] !== FREE &&
      this.#flow(neighbour, direction ^ 1, node) > 0
    )
  }

  /** How far the root is; FAR when the way ends in an orphan. What is found is noted on the way. */
  #depthOf(from: number): number {
    let depth = 0
    let node = from
    for (;;) {
      if (this.#time[node] === this.#now) {
        depth += this.#depth[node]
        break
      }
      depth++
      const direction = this.#parent[node]
      if (direction === ORPHAN) return FAR
      if (direction === ROOT) {
        this.#time[node] = this.#now
        this.#depth[node] = 1
        break
      }
      node = this.#neighbours[node * NEIGHBOURS + direction]
    }
    let noted = depth
    for (node = from; this.#time[node] !== this.#now; ) {
      this.#time[node] = this.#now
      this.#depth[node] = noted--
      node = this.#neighbours[node * NEIGHBOURS + this.#parent[node]]
    }
    return depth
  }

  #release(node: number): void {
    for (let direction = 0; direction < NEIGHBOURS; direction++) {
      const neighbour = this.#neighbours[node * NEIGHBOURS + direction]
      if (neighbour < 0 || this.#isSink[neighbour] !== this.#isSink[node]) continue
      const parent = this.#parent[neighbour]
      if (parent === FREE) continue
      if (this.#flow(neighbour, direction ^ 1, node) > 0) this.#activate(neighbour)
      if (parent === (direction ^ 1)) this.#orphan(neighbour)
    }
    this.#parent[node] = FREE
  }
}
