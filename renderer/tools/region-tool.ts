import type { MaskPolygons } from '#shared/assist/mask-to-polygon.ts'
import type { PictureWork } from '#shared/assist/picture-work.ts'
import type { PolygonShape } from '#shared/model/annotation.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { IdleTool } from './idle-tool.ts'
import { Latest } from './latest.ts'
import type { Pointer, ToolHost } from './tool.ts'

/** What finds regions in the picture: they are shown, and drawn as polygons when Enter is pressed. */
export abstract class RegionTool extends IdleTool {
  #found: MaskPolygons = { shapes: [], tolerance: 0 }
  readonly #latest = new Latest()
  #isWaiting = false
  /** Enter was pressed while the answer was awaited. */
  #drawsWhenFound = false
  protected pointer: Pointer | null = null

  constructor(host: ToolHost) {
    super(host)
    // Read ahead, so that the first answer comes sooner; what fails is told when something is asked.
    host
      .picture()
      .prepare()
      .catch(() => {})
  }

  /** Nothing more is kept of what was asked. */
  protected abstract clear(): void

  protected get shapes(): readonly PolygonShape[] {
    return this.#found.shapes
  }

  protected get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** How far borders may be from what was found, as it is shown. */
  protected get tolerance(): string {
    return this.#found.tolerance.toFixed(1)
  }

  /** Shows what is answered; of several questions the last counts. */
  protected ask(question: (picture: PictureWork) => Promise<MaskPolygons>, nothing: string): void {
    this.#isWaiting = true
    this.#drawsWhenFound = false
    this.#latest.ask(
      () => question(this.host.picture()),
      (found) => {
        this.#isWaiting = false
        this.#found = found
        if (this.#drawsWhenFound) this.#draw()
        if (found.shapes.length === 0) this.host.say(nothing)
        this.host.changed()
      },
      (error) => {
        this.#isWaiting = false
        this.host.say(messageOf(error))
        this.host.changed()
      },
    )
    this.host.changed()
  }

  protected forget(): void {
    this.#latest.forget()
    this.#isWaiting = false
    this.#drawsWhenFound = false
    this.#found = { shapes: [], tolerance: 0 }
    this.clear()
    this.host.changed()
  }

  override pointerMove(pointer: Pointer, _held: boolean): void {
    this.pointer = pointer
    this.host.changed()
  }

  /** Draws what is shown, in one step; what is still looked for, when it is found. */
  override finish(): boolean {
    if (this.#isWaiting) this.#drawsWhenFound = true
    return this.#isWaiting || this.#draw()
  }

  #draw(): boolean {
    if (this.shapes.length === 0) return false
    const className = this.host.className()
    const attributes = defaultAttributes(this.host.classNamed(className))
    const created = this.shapes.map((shape) => newAnnotation(shape, className, { attributes }))
    this.host.edit(t('Draw {className}', { className }), { created, updated: [], deleted: [] })
    this.forget()
    return true
  }
}
