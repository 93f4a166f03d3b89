import { distance } from '#shared/geometry/point.ts'
import { orientedBoxFromCorners, orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** The end of the first side, at a multiple of 15° when constrained. */
function sideEnd(from: Point, to: Point, constrain: boolean): Point {
  if (!constrain) return to
  const step = Math.PI / 12
  const angle = Math.round(Math.atan2(to.y - from.y, to.x - from.x) / step) * step
  const length = distance(from, to)
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) }
}

/** An oriented box by three clicks: two ends of a side, then how far it reaches. */
export class OrientedBoxTool extends IdleTool {
  #side: Point[] = []
  #at: Point | null = null

  override pointerMove({ at, shift }: Pointer): void {
    this.#at = this.#side.length === 1 ? sideEnd(this.#side[0], at, shift) : at
    if (this.#side.length > 0) this.host.changed()
  }

  override pointerUp({ at, shift, pixel }: Pointer): void {
    if (this.#side.length < 2) {
      const end = this.#side.length === 1 ? sideEnd(this.#side[0], at, shift) : at
      if (this.#side.length === 1 && distance(this.#side[0], end) < pixel) return
      this.#side.push(end)
      this.host.changed()
      return
    }
    const box = orientedBoxFromCorners(this.#side[0], this.#side[1], at)
    if (!box || box.h < pixel) {
      this.host.say('A box needs a width and a height')
      return
    }
    this.cancel()
    this.host.create(box)
  }

  override cancel(): boolean {
    const had = this.#side.length > 0
    this.#side = []
    this.host.changed()
    return had
  }

  override removeLast(): boolean {
    const had = this.#side.pop() !== undefined
    this.host.changed()
    return had
  }

  override preview(): Preview {
    if (this.#side.length === 0 || !this.#at) return NO_PREVIEW
    if (this.#side.length === 1)
      return { ...NO_PREVIEW, outlines: [{ points: [this.#side[0], this.#at], closed: false }] }
    const box = orientedBoxFromCorners(this.#side[0], this.#side[1], this.#at)
    const points = box ? orientedCorners(box) : this.#side
    return { ...NO_PREVIEW, outlines: [{ points, closed: true }] }
  }

  hint(): string {
    const next = ['Click one end of a side', 'Click its other end', 'Click how far the box reaches']
    const cancel = this.#side.length > 0 ? 'Backspace takes back · Esc cancels' : 'Esc to select'
    return `${next[this.#side.length]}: ${this.host.className()} · ${cancel}`
  }
}
