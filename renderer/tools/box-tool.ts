import { boxCorners, boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import type { Box, Point } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** A press that moves less is a click, screen pixels. */
const CLICK_SLOP = 4

/** Pure: the box between two corners; Shift makes it square, Alt takes the first corner as the centre. */
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

/** A bounding box by dragging, or by two clicks. */
export class BoxTool extends IdleTool {
  #from: Point | null = null
  #box: Box | null = null
  #byClicks = false

  override pointerDown({ at }: Pointer): void {
    if (this.#from) return
    this.#from = at
    this.#byClicks = false
  }

  override pointerMove({ at, shift, alt }: Pointer): void {
    if (!this.#from) return
    this.#box = dragBox(this.#from, at, shift, alt)
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    if (!this.#from) return
    const isClick = distance(this.#from, pointer.at) < CLICK_SLOP * pointer.pixel
    if (isClick && !this.#byClicks) {
      this.#byClicks = true
      this.host.changed()
      return
    }
    const { w, h, ...corner } = dragBox(this.#from, pointer.at, pointer.shift, pointer.alt)
    if (w < pointer.pixel || h < pointer.pixel) {
      this.host.say('A box needs a width and a height')
      return
    }
    this.cancel()
    this.host.create({ kind: 'bbox', ...corner, w, h })
  }

  override cancel(): boolean {
    const had = this.#from !== null
    this.#from = null
    this.#box = null
    this.#byClicks = false
    this.host.changed()
    return had
  }

  override preview(): Preview {
    if (!this.#box) return NO_PREVIEW
    return { ...NO_PREVIEW, outlines: [{ points: boxCorners(this.#box), closed: true }] }
  }

  hint(): string {
    if (!this.#from) return `Drag or click two corners: ${this.host.className()} · Esc to select`
    const how = this.#byClicks ? 'Click the opposite corner' : 'Let go to finish'
    return `${how} · Shift: square · Alt: from the centre · Esc cancels`
  }
}
