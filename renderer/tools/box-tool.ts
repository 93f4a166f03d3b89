import { keyLabel } from '#renderer/document/key-label.ts'
import { boundsOfPoints, boxCorners, boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import type { Box, Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { hint } from './hint.ts'
import { PointsTool } from './points-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 4

/** Pure: the box between two corners. Shift makes it square; with Alt the first corner is the centre. */
export function dragBox(from: Point, to: Point, square: boolean, fromCentre: boolean): Box {
  let dx = to.x - from.x
  let dy = to.y - from.y
  if (square) {
    const side = Math.max(Math.abs(dx), Math.abs(dy))
    dx = (Math.sign(dx) || 1) * side
    dy = (Math.sign(dy) || 1) * side
  }
  const start = fromCentre ? { x: from.x - dx, y: from.y - dy } : from
  return boxFromCorners(start, { x: from.x + dx, y: from.y + dy })
}

abstract class AnyBoxTool extends PointsTool {
  /** Commits the box. False if it has no area; the user is told why. */
  protected createBox(box: Box, pixel: number): boolean {
    if (box.w < pixel || box.h < pixel) {
      this.host.say(t('A box needs a width and a height'))
      return false
    }
    this.points = []
    this.host.create({ kind: 'bbox', ...box })
    this.host.changed()
    return true
  }
}

/** Draws a bounding box by a drag or by two clicks. */
export class BoxTool extends AnyBoxTool {
  /** Where the held pointer was pressed. */
  #pressed: Point | null = null

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerUp(pointer: Pointer): void {
    const pressed = this.#pressed
    this.#pressed = null
    this.pointer = pointer
    if (!pressed) return
    const isClick = distance(pressed, pointer.at) < CLICK_SLOP * pointer.pixel
    if (isClick && this.points.length === 0) this.setPoints([pressed])
    else this.createBox(this.#box(this.points[0] ?? pressed, pointer), pointer.pixel)
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    this.host.changed()
    return held
  }

  override cancel(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    if (!held || this.points.length > 0) return super.cancel()
    this.host.changed()
    return true
  }

  override preview(): Preview {
    const from = this.points[0] ?? this.#pressed
    if (!from || !this.pointer) return this.begun()
    const points = boxCorners(this.#box(from, this.pointer))
    return { ...NO_PREVIEW, outlines: [{ points, closed: true }], vertices: this.points }
  }

  hint(): string {
    if (!this.#pressed && this.points.length === 0)
      return hint(
        t('Drag or click two corners: {className}', { className: this.host.className() }),
        t('Esc: select tool'),
      )
    return hint(
      this.points.length > 0 ? t('Click the opposite corner') : t('Release to finish'),
      t('Shift: square'),
      t('{key}: from the center', { key: keyLabel('Alt') }),
      t('Esc: cancel'),
    )
  }

  #box(from: Point, { at, shift, alt }: Pointer): Box {
    return dragBox(from, at, shift, alt)
  }
}

/** Number of clicks: top, left, bottom, right. */
const EXTREMES = 4

/** Draws a bounding box by clicks on the four outermost points of an object, in any order. */
export class ExtremeBoxTool extends AnyBoxTool {
  override pointerUp(pointer: Pointer): void {
    this.pointer = pointer
    const points = [...this.points, pointer.at]
    if (points.length < EXTREMES) this.setPoints(points)
    else this.createBox(boundsOfPoints(points), pointer.pixel)
  }

  override preview(): Preview {
    if (this.points.length === 0 || !this.pointer) return this.begun()
    const points = boxCorners(boundsOfPoints([...this.points, this.pointer.at]))
    return { ...NO_PREVIEW, outlines: [{ points, closed: true }], vertices: this.points }
  }

  hint(): string {
    const count = this.points.length
    const which = t(
      'Click an outermost point: top, left, bottom or right ({number} of {total}, in any order)',
      { number: count + 1, total: EXTREMES },
    )
    return hint(
      `${which}: ${this.host.className()}`,
      count > 0 && t('Backspace: remove the last point'),
      count > 0 ? t('Esc: discard') : t('Esc: select tool'),
    )
  }
}
