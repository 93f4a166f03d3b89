import { lastInside } from '#shared/geometry/clamp-shape.ts'
import { distance } from '#shared/geometry/point.ts'
import { orientedBoxFromCorners, orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { OrientedBoxShape, Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { hint } from './hint.ts'
import { PointsTool } from './points-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** The end of the first side, at a multiple of 15° when constrained. */
function sideEnd(from: Point, to: Point, constrain: boolean): Point {
  if (!constrain) return to
  const step = Math.PI / 12
  const angle = Math.round(Math.atan2(to.y - from.y, to.x - from.x) / step) * step
  const length = distance(from, to)
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) }
}

/** A press that moves more than this draws the first side. Screen pixels. */
const DRAG_FROM = 8

/** Draws an oriented box by three clicks: both ends of a side, then the width. */
export class OrientedBoxTool extends PointsTool {
  #pressed: Point | null = null

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerUp(pointer: Pointer): void {
    this.pointer = pointer
    const pressed = this.#pressed
    this.#pressed = null
    // A drag draws the first side.
    if (
      pressed &&
      this.points.length === 0 &&
      distance(pressed, pointer.at) > DRAG_FROM * pointer.pixel
    ) {
      this.setPoints([pressed, this.host.inside(sideEnd(pressed, pointer.at, pointer.shift))])
      return
    }
    const next = this.#next(pointer)
    const [from, to] = this.points
    if (!to) {
      if (!from || distance(from, next) >= pointer.pixel) this.setPoints([...this.points, next])
      return
    }
    const box = this.#box(from, to, next)
    if (!box || box.h < pointer.pixel) {
      this.host.say(t('A box needs a width and a height'))
      return
    }
    this.points = []
    this.host.create(box)
    this.host.changed()
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    this.host.changed()
    return held
  }

  override preview(): Preview {
    const [from, to] = this.points.length === 0 && this.#pressed ? [this.#pressed] : this.points
    if (!from || !this.pointer) return this.begun()
    const next =
      to || this.points.length > 0
        ? this.#next(this.pointer)
        : this.host.inside(sideEnd(from, this.pointer.at, this.pointer.shift))
    if (!to) return { ...NO_PREVIEW, outlines: [{ points: [from, next], closed: false }] }
    const box = this.#box(from, to, next)
    const points = box ? orientedCorners(box) : [from, to]
    return { ...NO_PREVIEW, outlines: [{ points, closed: true }] }
  }

  hint(): string {
    const next = [
      t('Click one end of a side, or drag along the side'),
      t('Click the other end of the side · Shift snaps to 15°'),
      t('Click to set the width of the box'),
    ]
    const isBegun = this.points.length > 0
    return hint(
      `${next[this.points.length]}: ${this.host.className()}`,
      isBegun && t('Backspace: remove the last point'),
      isBegun ? t('Esc: discard') : t('Esc: select tool'),
    )
  }

  /** The last point inside the image on the way to `next`. */
  #box(from: Point, to: Point, next: Point): OrientedBoxShape | null {
    const size = this.host.borders()
    const make = (at: Point) => orientedBoxFromCorners(from, to, at)
    return size ? lastInside(make, to, next, size) : make(next)
  }

  #next({ at, shift }: Pointer): Point {
    // A side that snapped to a multiple of 15° may end outside the image.
    return this.points.length === 1 ? this.host.inside(sideEnd(this.points[0], at, shift)) : at
  }
}
