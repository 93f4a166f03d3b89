import type { Point } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { Latest } from './latest.ts'
import type { Pointer, ToolHost } from './tool.ts'

/** How near an edge of the picture a click is taken to it, screen pixels. */
const EDGE_RADIUS = 6
/** Of a path, what lies so near a straight line has no vertices, screen pixels. */
const TOLERANCE = 0.5

/** The live-wire of a path that is drawn: finds ways along the picture's edges, and keeps clicks in their order. */
export class Wire {
  readonly #host: ToolHost
  readonly #latest = new Latest()
  /** The way to where the pointer was last. */
  #ahead: { from: Point; points: readonly Point[] } | null = null
  #steps = Promise.resolve()
  #waiting = 0
  /** Steps that were begun before the last `forget` do nothing any more. */
  #epoch = 0

  constructor(host: ToolHost) {
    this.#host = host
  }

  /** Clicks are waiting for their ways. */
  get isBusy(): boolean {
    return this.#waiting > 0
  }

  /** The way from a point to the pointer as far as it is known; null: not yet. */
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
      // It is told with the click.
      () => {},
    )
  }

  /** The point on an edge that a first click means. */
  begin({ at, pixel, mod }: Pointer): Promise<Point> {
    return mod ? Promise.resolve(at) : this.#host.picture().nearestEdge(at, EDGE_RADIUS * pixel)
  }

  /** The way that a click means; straight, and said why, when there is none. `to` instead of the pointer ends it exactly there. */
  async wayTo(from: Point, { at, pixel, mod }: Pointer, to: Point | null): Promise<Point[]> {
    const reach = to || mod ? 0 : EDGE_RADIUS * pixel
    try {
      return await this.#host.picture().wirePath(from, to ?? at, reach, TOLERANCE * pixel)
    } catch (error) {
      this.#host.say(messageOf(error))
      return [to ?? at]
    }
  }

  /** Does a step after those that wait. It is dropped when everything is forgotten meanwhile; `isCurrent` tells. */
  afterwards(step: (isCurrent: () => boolean) => Promise<void> | void): void {
    const epoch = this.#epoch
    this.#waiting++
    const isCurrent = () => epoch === this.#epoch
    this.#steps = this.#steps
      .then(() => (isCurrent() ? step(isCurrent) : undefined))
      .catch((error: unknown) => this.#host.say(messageOf(error)))
      .finally(() => {
        this.#waiting--
        this.#host.changed()
      })
  }

  forget(): void {
    this.#epoch++
    this.#latest.forget()
    this.#ahead = null
  }
}
