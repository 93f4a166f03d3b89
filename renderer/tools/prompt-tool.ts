import { z } from 'zod'
import type { DraftData } from '#shared/contract/annotations.ts'
import { boxCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { shapeOutlines } from '#shared/geometry/shape.ts'
import {
  type Annotation,
  annotationSchema,
  type Box,
  type Point,
} from '#shared/model/annotation.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { dragBox } from './box-tool.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 4

const pointsSchema = z.array(z.object({ x: z.number(), y: z.number() }))
/** Draft of a proposal. Proposals take time or cost money, so they are saved and survive a crash. */
const draftSchema = z.object({
  positive: pointsSchema,
  negative: pointsSchema,
  proposal: z.array(annotationSchema),
})

/** The answer; `nothing` is the message if it is empty. */
export interface Found {
  annotations: readonly Annotation[]
  nothing: string
}

/**
 * Finds an object by clicks on it and Shift+clicks on what does not belong to it, or by a box around it. The result is a
 * proposal: Enter draws it, Esc discards it, and the next click looks for the next object.
 */
export abstract class PromptTool extends IdleTool {
  #pressed: Point | null = null
  protected pointer: Pointer | null = null
  protected positive: Point[] = []
  protected negative: Point[] = []
  protected box: Box | null = null
  protected proposal: readonly Annotation[] = []
  /** Only the answer to the latest request is used. */
  #asked = 0
  protected isWaiting = false

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (!kept.success) return
    this.positive = kept.data.positive
    this.negative = kept.data.negative
    this.proposal = kept.data.proposal
  }

  /** Sends the clicks or the box. Null if that failed; the user has been told why. */
  protected abstract find(): Promise<Found | null>

  /** True if clicks refine the box; otherwise they replace it. */
  protected abstract readonly keepsBox: boolean

  /** True while the pointer is held. */
  protected get isPressed(): boolean {
    return this.#pressed !== null
  }

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerMove(pointer: Pointer, _held: boolean): void {
    this.pointer = pointer
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    const pressed = this.#pressed
    this.#pressed = null
    this.pointer = pointer
    if (!pressed) return
    if (distance(pressed, pointer.at) < CLICK_SLOP * pointer.pixel)
      this.#click(pressed, pointer.shift)
    else {
      this.positive = []
      this.negative = []
      this.box = dragBox(pressed, pointer.at, false, false)
      void this.ask()
    }
    this.host.changed()
  }

  #click(at: Point, isBeside: boolean): void {
    if (!this.keepsBox) this.box = null
    if (isBeside) this.negative = [...this.negative, at]
    else this.positive = [...this.positive, at]
    if (this.positive.length > 0 || this.box) void this.ask()
    else this.host.say(t('Click the object first, then Shift+click what doesn’t belong to it'))
  }

  override finish(): boolean {
    if (this.proposal.length === 0) return false
    const created = [...this.proposal]
    this.host.edit(
      t('Accept {value}', {
        value: created.length === 1 ? created[0].className : counted(created.length, 'proposal'),
      }),
      {
        created,
        updated: [],
        deleted: [],
      },
    )
    this.clear()
    this.host.select(created.map(({ id }) => id))
    return true
  }

  override release(): boolean {
    const held = this.#pressed !== null
    this.#pressed = null
    this.host.changed()
    return held
  }

  override cancel(): boolean {
    const had = this.#pressed !== null || this.positive.length > 0 || this.box !== null
    const any = had || this.negative.length > 0 || this.proposal.length > 0 || this.isWaiting
    this.clear()
    return any
  }

  override removeLast(): boolean {
    if (this.positive.length + this.negative.length === 0) return false
    if (this.negative.length > 0) this.negative = this.negative.slice(0, -1)
    else this.positive = this.positive.slice(0, -1)
    if (this.positive.length === 0 && !this.box) this.clear()
    else void this.ask()
    return true
  }

  override preview(): Preview {
    const box =
      this.#pressed && this.pointer
        ? dragBox(this.#pressed, this.pointer.at, false, false)
        : this.box
    return {
      ...NO_PREVIEW,
      outlines: [
        ...(box ? [{ points: boxCorners(box), closed: true }] : []),
        ...this.proposal.flatMap(({ shape }) => shapeOutlines(shape)),
      ],
      vertices: this.positive,
      crosses: this.negative,
      caption: this.isWaiting ? t('Asking…') : null,
    }
  }

  override cursor(): string {
    return this.isWaiting ? 'progress' : 'crosshair'
  }

  /** Never rejects: `find` tells the user what went wrong. */
  protected async ask(find = () => this.find()): Promise<void> {
    const number = ++this.#asked
    this.isWaiting = true
    this.host.changed()
    const found = await find()
    if (number !== this.#asked) return
    this.isWaiting = false
    this.propose(found?.annotations ?? [])
    if (found && this.proposal.length === 0) this.host.say(found.nothing)
    this.host.changed()
  }

  protected propose(annotations: readonly Annotation[]): void {
    this.proposal = annotations
    if (annotations.length === 0) return
    this.host.keepDraft({
      positive: this.positive,
      negative: this.negative,
      proposal: [...annotations],
    })
  }

  protected clear(): void {
    this.#asked++
    this.#pressed = null
    this.positive = []
    this.negative = []
    this.box = null
    this.proposal = []
    this.isWaiting = false
    this.host.keepDraft(null)
    this.host.changed()
  }
}
