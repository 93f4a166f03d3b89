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
import { t } from '#shared/texts/texts.ts'
import { dragBox } from './box-tool.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

/** A press that moves less is a click, screen pixels. */
const CLICK_SLOP = 4

const pointsSchema = z.array(z.object({ x: z.number(), y: z.number() }))
/** A proposal that was paid for outlives tool, image and crash. */
const draftSchema = z.object({
  positive: pointsSchema,
  negative: pointsSchema,
  proposal: z.array(annotationSchema),
})

/**
 * Asks the service for a shape: by clicks on and (with Shift) beside the thing, or by a box around it.
 * What comes back is a proposal; Enter draws it, Esc discards it.
 */
export class AssistTool extends IdleTool {
  #pressed: Point | null = null
  #pointer: Pointer | null = null
  #positive: Point[] = []
  #negative: Point[] = []
  #box: Box | null = null
  #proposal: readonly Annotation[] = []
  /** Of several answers only the one to the last question counts. */
  #asked = 0
  #isWaiting = false

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (!kept.success) return
    this.#positive = kept.data.positive
    this.#negative = kept.data.negative
    this.#proposal = kept.data.proposal
  }

  override pointerDown({ at }: Pointer): void {
    this.#pressed = at
  }

  override pointerMove(pointer: Pointer): void {
    this.#pointer = pointer
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    const pressed = this.#pressed
    this.#pressed = null
    this.#pointer = pointer
    if (!pressed) return
    if (distance(pressed, pointer.at) < CLICK_SLOP * pointer.pixel) {
      this.#box = null
      if (pointer.shift) this.#negative = [...this.#negative, pressed]
      else this.#positive = [...this.#positive, pressed]
      if (this.#positive.length > 0)
        void this.#ask({ kind: 'point', positive: this.#positive, negative: this.#negative })
      else this.host.say(t('Click the object first, then Shift+click outside it'))
    } else {
      this.#positive = []
      this.#negative = []
      this.#box = dragBox(pressed, pointer.at, false, false)
      void this.#ask({ kind: 'box', box: this.#box })
    }
    this.host.changed()
  }

  override finish(): boolean {
    if (this.#proposal.length === 0) return false
    const created = [...this.#proposal]
    this.host.edit(
      t('Accept {value}', {
        value:
          created.length === 1
            ? created[0].className
            : t('{length} proposals', { length: created.length }),
      }),
      {
        created,
        updated: [],
        deleted: [],
      },
    )
    this.#clear()
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
    const had = this.#pressed !== null || this.#positive.length > 0 || this.#box !== null
    const any = had || this.#negative.length > 0 || this.#proposal.length > 0 || this.#isWaiting
    this.#clear()
    return any
  }

  override removeLast(): boolean {
    if (this.#positive.length + this.#negative.length === 0) return false
    if (this.#negative.length > 0) this.#negative = this.#negative.slice(0, -1)
    else this.#positive = this.#positive.slice(0, -1)
    if (this.#positive.length === 0) this.#clear()
    else void this.#ask({ kind: 'point', positive: this.#positive, negative: this.#negative })
    return true
  }

  /** By words: what the service finds on the whole image. */
  askByText(prompt: string, output: 'polygon' | 'bbox'): Promise<void> {
    this.#clear()
    return this.#ask({ kind: 'text', prompt, output })
  }

  override preview(): Preview {
    const box =
      this.#pressed && this.#pointer
        ? dragBox(this.#pressed, this.#pointer.at, false, false)
        : this.#box
    return {
      ...NO_PREVIEW,
      outlines: [
        ...(box ? [{ points: boxCorners(box), closed: true }] : []),
        ...this.#proposal.flatMap(({ shape }) => shapeOutlines(shape)),
      ],
      vertices: this.#positive,
      crosses: this.#negative,
      caption: this.#isWaiting ? t('Asking…') : null,
    }
  }

  hint(): string {
    if (this.#isWaiting) return t('Waiting for the service… · Esc: stop waiting')
    if (this.#proposal.length > 0)
      return t(
        'Enter draws the proposal · click more, Shift+click beside it to correct · Esc discards',
      )
    const className = this.host.className()
    const price = this.host.assistPrice()
    return price === null
      ? t(
          'Click the object, or drag a box around it: {className} · each answer is paid by your plan · Esc: select tool',
          { className },
        )
      : t(
          'Click the object, or drag a box around it: {className} · {price}, paid by your plan · Esc: select tool',
          { className, price },
        )
  }

  override cursor(): string {
    return this.#isWaiting ? 'progress' : 'crosshair'
  }

  async #ask(ask: Parameters<typeof this.host.assist>[0]): Promise<void> {
    const number = ++this.#asked
    this.#isWaiting = true
    this.host.changed()
    const answer = await this.host.assist(ask)
    if (number !== this.#asked) return
    this.#isWaiting = false
    this.#proposal = answer?.annotations ?? []
    if (this.#proposal.length > 0)
      this.host.keepDraft({
        positive: this.#positive,
        negative: this.#negative,
        proposal: [...this.#proposal],
      })
    if (answer && this.#proposal.length === 0)
      this.host.say(
        answer.status === 'below_threshold'
          ? t('The service is not sure enough to propose something here')
          : t('The service found nothing here'),
      )
    this.host.changed()
  }

  #clear(): void {
    this.#asked++
    this.#pressed = null
    this.#positive = []
    this.#negative = []
    this.#box = null
    this.#proposal = []
    this.#isWaiting = false
    this.host.keepDraft(null)
    this.host.changed()
  }
}
