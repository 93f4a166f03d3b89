import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from '#renderer/tools/tool.ts'
import { boundsOfPoints, boxContains, boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { ringsContain } from '#shared/geometry/ring.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import type { Box, Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import type { Gesture } from './gesture.ts'

abstract class MarqueeGesture implements Gesture {
  readonly cursor = 'default'
  protected readonly host: ToolHost
  protected readonly from: Point
  protected box: Box | null = null

  constructor(host: ToolHost, from: Point) {
    this.host = host
    this.from = from
  }

  move({ at }: Pointer): void {
    this.box = boxFromCorners(this.from, at)
  }

  preview(): Preview {
    return { ...NO_PREVIEW, marquee: this.box }
  }

  abstract finish(pointer: Pointer): void
  abstract hint(): string
}

/** Selects the shapes in a box. */
export class SelectInBox extends MarqueeGesture {
  readonly #add: boolean

  constructor(host: ToolHost, from: Point, add: boolean) {
    super(host, from)
    this.#add = add
  }

  finish(): void {
    const { box } = this
    const inside = box && box.w > 0 && box.h > 0 ? this.host.inBox(box).map(({ id }) => id) : []
    const before = this.#add ? this.host.selected().map(({ id }) => id) : []
    this.host.select([...before, ...inside])
  }

  hint(): string {
    return t('Release to select the shapes inside · Esc: cancel')
  }
}

/** Selects vertices of the one selected shape in a box. A press that does not move calls `onClick`. */
export class SelectVerticesInBox extends MarqueeGesture {
  readonly #onClick: () => void
  readonly #slop: number

  /** `slop`: a press that moves less than this is a click. Image pixels. */
  constructor(host: ToolHost, from: Point, slop: number, onClick: () => void) {
    super(host, from)
    this.#slop = slop
    this.#onClick = onClick
  }

  finish({ at }: Pointer): void {
    const { box } = this
    if (!box || distance(this.from, at) < this.#slop) {
      this.#onClick()
      return
    }
    const inside = this.host
      .handles()
      .filter((handle) => handle.role === 'vertex' && boxContains(box, handle.at))
    this.host.selectVertices(inside.map(({ id }) => id))
    if (inside.length === 0) this.host.say(t('There is no point of the shape in this box'))
  }

  hint(): string {
    return t('Release to select the points inside · Esc: cancel')
  }
}

/** Selects the shapes inside a freehand line. */
export class Lasso implements Gesture {
  readonly cursor = 'crosshair'
  readonly #host: ToolHost
  readonly #points: Point[]
  readonly #add: boolean

  constructor(host: ToolHost, from: Point, add: boolean) {
    this.#host = host
    this.#points = [from]
    this.#add = add
  }

  move({ at, pixel }: Pointer): void {
    const last = this.#points[this.#points.length - 1]
    if (distance(last, at) >= 2 * pixel) this.#points.push(at)
  }

  finish(): void {
    const inside =
      this.#points.length < 3
        ? []
        : this.#host
            .inBox(boundsOfPoints(this.#points))
            .filter(({ shape }) =>
              shapeVertices(shape).every((point) => ringsContain([this.#points], point)),
            )
    const before = this.#add ? this.#host.selected().map(({ id }) => id) : []
    this.#host.select([...before, ...inside.map(({ id }) => id)])
  }

  preview(): Preview {
    return { ...NO_PREVIEW, lasso: this.#points }
  }

  hint(): string {
    return t('Draw around the shapes to select, then release · Esc: cancel')
  }
}
