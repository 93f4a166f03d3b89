import type { Point } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { Latest } from './latest.ts'
import type { Pointer, ToolHost } from './tool.ts'

/** A click this close to an edge in the image snaps to it. Screen pixels. */
const EDGE_RADIUS = 6
/** Tolerance of the simplification of a path. Screen pixels. */
const TOLERANCE = 0.5

/** The live-wire: finds paths along edges in the image, and handles clicks in their order. */
export class Wire {
  readonly #host: ToolHost
  readonly #latest = new Latest()
  /** The path to the last position of the pointer. */
  #ahead: { from: Point; points: readonly Point[] } | null = null
  #steps = Promise.resolve()
  /** Steps that are not done, oldest first; the dropped ones among them change nothing. */
  #waiting: { isDropped: boolean }[] = []

  constructor(host: ToolHost) {
    this.#host = host
  }

  /** True while clicks wait for their paths. */
  get isBusy(): boolean {
    return this.#waiting.length > 0
  }

  /** The path from a point to the pointer; null while it is unknown. */
  ahead(from: Point): readonly Point[] | null {
    const known = this.#ahead
    return known && known.from.x === from.x && known.from.y === from.y ? known.points : null
  }

  lookAhead(from: Point, { at, pixel, mod }: Pointer): void {
    const reach = mod ? 0 : EDGE_RADIUS * pixel
    this.#latest.ask(
      () => this.#host.picture().wirePath(from, at, reach, TOLERANCE * pixel),
      (points) => {
        this.#ahead = { from, points }
        this.#host.changed()
      },
      // The click reports the failure.
      () => {},
    )
  }

  /** The point on an edge that the first click snaps to. */
  begin({ at, pixel, mod }: Pointer): Promise<Point> {
    return mod ? Promise.resolve(at) : this.#host.picture().nearestEdge(at, EDGE_RADIUS * pixel)
  }

  /** The path of a click. If none is found, it is straight and the user is told why. `to` ends it exactly there. */
  async wayTo(from: Point, { at, pixel, mod }: Pointer, to: Point | null): Promise<Point[]> {
    const reach = to || mod ? 0 : EDGE_RADIUS * pixel
    try {
      return await this.#host.picture().wirePath(from, to ?? at, reach, TOLERANCE * pixel)
    } catch (error) {
      this.#host.say(messageOf(error))
      return [to ?? at]
    }
  }

  /** Queues a step after the waiting ones. `forget` and `dropLast` drop it; `isCurrent` tells a running step about that. */
  afterwards(step: (isCurrent: () => boolean) => Promise<void> | void): void {
    const entry = { isDropped: false }
    this.#waiting.push(entry)
    const isCurrent = () => !entry.isDropped
    this.#steps = this.#steps
      .then(() => (isCurrent() ? step(isCurrent) : undefined))
      .catch((error: unknown) => this.#host.say(messageOf(error)))
      .finally(() => {
        this.#waiting = this.#waiting.filter((other) => other !== entry)
        this.#host.changed()
      })
  }

  /** Drops the newest step that waits or runs. False if there is none. */
  dropLast(): boolean {
    this.#forgetAhead()
    const last = this.#waiting.findLast(({ isDropped }) => !isDropped)
    if (last) last.isDropped = true
    return last !== undefined
  }

  forget(): void {
    this.#forgetAhead()
    for (const entry of this.#waiting) entry.isDropped = true
  }

  #forgetAhead(): void {
    this.#latest.forget()
    this.#ahead = null
  }
}
