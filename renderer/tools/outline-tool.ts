import { z } from 'zod'
import type { DraftData } from '#shared/contract/annotations.ts'
import { boundsOfPoints, boxCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import type { Box, Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { dragBox } from './box-tool.ts'
import { RegionTool } from './region-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 4
/** A click outside the box extends it to the click plus this margin, a share of the box's longer side. */
const AROUND_POINT = 0.1

const draftSchema = z.object({
  box: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  marks: z.array(z.object({ at: z.object({ x: z.number(), y: z.number() }), adds: z.boolean() })),
})

interface Mark {
  at: Point
  adds: boolean
}

/** Finds the outline of the object in a box. Clicks add to it, Shift+clicks remove from it, Enter draws it. */
export class OutlineTool extends RegionTool {
  #pressed: Point | null = null
  #box: Box | null = null
  #marks: Mark[] = []

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (!kept.success) return
    this.#box = kept.data.box
    this.#marks = kept.data.marks
    this.#look()
  }

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerUp(pointer: Pointer): void {
    const pressed = this.#pressed
    this.#pressed = null
    this.pointer = pointer
    if (!pressed) return
    const isClick = distance(pressed, pointer.at) < CLICK_SLOP * pointer.pixel
    if (!isClick) {
      this.#box = dragBox(pressed, pointer.at, false, false)
      this.#marks = []
      this.#look()
    } else if (this.#box) {
      this.#marks = [...this.#marks, { at: pressed, adds: !pointer.shift }]
      this.#look()
    } else this.host.say(t('Drag a box around the object first'))
    this.host.changed()
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    this.host.changed()
    return held
  }

  override cancel(): boolean {
    const had = this.#pressed !== null || this.#box !== null
    this.forget()
    return had
  }

  override removeLast(): boolean {
    if (!this.#box) return false
    if (this.#marks.length === 0) this.forget()
    else {
      this.#marks = this.#marks.slice(0, -1)
      this.#look()
    }
    return true
  }

  override preview(): Preview {
    const box =
      this.#pressed && this.pointer
        ? dragBox(this.#pressed, this.pointer.at, false, false)
        : this.#box
    const isHeld = this.#pressed !== null
    return {
      ...NO_PREVIEW,
      marquee: box,
      regions: isHeld ? [] : this.shapes,
      vertices: this.#marks.filter(({ adds }) => adds).map(({ at }) => at),
      crosses: this.#marks.filter(({ adds }) => !adds).map(({ at }) => at),
      outlines: box && isHeld ? [{ points: boxCorners(box), closed: true }] : [],
      caption: this.isWaiting ? t('Looking…') : null,
    }
  }

  hint(): string {
    if (this.#box && this.shapes.length > 0)
      return t(
        'Enter draws the outline · click adds, Shift+click removes · border within {tolerance} px · Esc discards',
        { tolerance: this.tolerance },
      )
    return t('Drag a box around an object to outline it: {className} · Esc: select tool', {
      className: this.host.className(),
    })
  }

  protected clear(): void {
    this.#pressed = null
    this.#box = null
    this.#marks = []
    this.host.keepDraft(null)
  }

  #look(): void {
    if (!this.#box) return
    const { x, y, w, h } = this.#box
    const around = AROUND_POINT * Math.max(w, h)
    const added = this.#marks.filter(({ adds }) => adds).map(({ at }) => at)
    const outer = added.filter((at) => at.x < x || at.y < y || at.x > x + w || at.y > y + h)
    const box = boundsOfPoints([
      ...boxCorners(this.#box),
      ...outer.flatMap((at) => [
        { x: at.x - around, y: at.y - around },
        { x: at.x + around, y: at.y + around },
      ]),
    ])
    const ask = {
      box,
      positive: added,
      negative: this.#marks.filter(({ adds }) => !adds).map(({ at }) => at),
    }
    this.host.keepDraft({
      box: { x, y, w, h },
      marks: this.#marks.map(({ at, adds }) => ({ at: { x: at.x, y: at.y }, adds })),
    })
    this.ask(
      (picture) => picture.outline(ask),
      t('No outline found in this box. Drag a slightly larger one, or click the object'),
    )
  }
}
