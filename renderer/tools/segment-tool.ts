import type { SegmentShape } from '#shared/assist/segment-result.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import { shapeOutlines } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import { t } from '#shared/texts/texts.ts'
import { Latest } from './latest.ts'
import { type Found, PromptTool } from './prompt-tool.ts'
import type { Pointer, Preview, ToolHost } from './tool.ts'

/**
 * Asks a model on this computer for the object at the pointer. It previews the result of a click while the pointer moves.
 * After a click the wheel shows the other candidates.
 */
export class SegmentTool extends PromptTool {
  protected readonly keepsBox = true
  #candidates: readonly SegmentShape[] = []
  #choice = 0
  /** Preview of what a click would find at the pointer. */
  #hovered: SegmentShape | null = null
  readonly #hover = new Latest()
  #isReady = false

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host, draft)
    host.prepareSegment().then(
      (isReady) => {
        this.#isReady = isReady
        this.#look()
        host.changed()
      },
      // The host has told the user.
      () => {},
    )
  }

  override pointerMove(pointer: Pointer, held: boolean): void {
    super.pointerMove(pointer, held)
    this.#look()
  }

  override pointerDown(pointer: Pointer): void {
    this.#forgetHover()
    super.pointerDown(pointer)
  }

  /** Shows the next or previous candidate, by wheel or key. */
  resize(direction: 1 | -1): void {
    const last = this.#candidates.length - 1
    const next = Math.min(last, Math.max(0, this.#choice - direction))
    if (next === this.#choice || last < 0) return
    this.#choice = next
    this.propose(this.#annotationsOf(this.#candidates[next]))
    this.host.changed()
  }

  /** Asks again, because the result is to be drawn as another kind of shape. */
  askAgain(): void {
    if (this.positive.length > 0 || this.box) void this.ask()
  }

  takesWheel(): boolean {
    return this.#candidates.length > 1 && this.proposal.length > 0
  }

  override preview(): Preview {
    const preview = super.preview()
    const caption = this.isWaiting
      ? this.#isReady
        ? t('Asking…')
        : t('Preparing the image…')
      : this.#isReady
        ? this.#place()
        : t('Preparing the image…')
    const hovered = this.#hovered?.shapes.flatMap(shapeOutlines) ?? []
    return { ...preview, outlines: [...preview.outlines, ...hovered], caption }
  }

  hint(): string {
    if (!this.#isReady) return t('Preparing the image for the model… · Esc: select tool')
    if (this.isWaiting) return t('The model is looking… · Esc to stop waiting')
    if (this.proposal.length > 0)
      return this.takesWheel()
        ? t(
            'Enter draws it · wheel shows other candidates · click adds, Shift+click removes · Esc discards',
          )
        : t('Enter draws it · click adds, Shift+click removes · Esc discards')
    return t(
      'Click the object, or drag a box around it: {className} · on this computer · Esc: select tool',
      {
        className: this.host.className(),
      },
    )
  }

  protected async find(): Promise<Found | null> {
    const { positive, negative, box } = this
    const found = await this.host.segment({ positive, negative, box }, 'final')
    this.#candidates = found ?? []
    this.#choice = 0
    return (
      found && {
        annotations: this.#annotationsOf(found[0]),
        nothing: t('The model found nothing here'),
      }
    )
  }

  protected override clear(): void {
    this.#candidates = []
    this.#choice = 0
    this.#forgetHover()
    super.clear()
  }

  /** Draws all parts of one object as one instance. */
  #annotationsOf(candidate: SegmentShape | undefined): Annotation[] {
    if (!candidate) return []
    const className = this.host.className()
    const attributes = defaultAttributes(this.host.classNamed(className))
    const isSeveral = candidate.shapes.length > 1
    const instance = isSeveral ? { instanceId: this.host.nextInstanceId() } : {}
    return candidate.shapes.map((shape) =>
      newAnnotation(shape, className, { attributes, ...instance }),
    )
  }

  /** Number of the shown candidate, as a label at the pointer. */
  #place(): string | null {
    const count = this.#candidates.length
    return count > 1 && this.proposal.length > 0 ? `${this.#choice + 1} / ${count}` : null
  }

  #look(): void {
    const { pointer } = this
    const isBegun = this.positive.length > 0 || this.box !== null || this.proposal.length > 0
    if (!this.#isReady || !pointer || isBegun || this.isPressed) return
    this.#hover.ask(
      () => this.host.segment({ positive: [pointer.at], negative: [], box: null }, 'preview'),
      (found) => {
        this.#hovered = found?.[0] ?? null
        this.host.changed()
      },
      () => {},
    )
  }

  #forgetHover(): void {
    this.#hover.forget()
    this.#hovered = null
  }
}
