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

/** Base of tools that find regions in the image: regions are previewed, and Enter draws them as polygons. */
export abstract class RegionTool extends IdleTool {
  #found: MaskPolygons = { shapes: [], tolerance: 0 }
  readonly #latest = new Latest()
  #isWaiting = false
  /** Enter was pressed before the answer arrived. */
  #drawsWhenFound = false
  protected pointer: Pointer | null = null

  constructor(host: ToolHost) {
    super(host)
    // Loads the image early, so that the first answer is faster. If this fails, the first request reports it.
    host
      .picture()
      .prepare()
      .catch(() => {})
  }

  /** Forgets all clicks and boxes. */
  protected abstract clear(): void

  protected get shapes(): readonly PolygonShape[] {
    return this.#found.shapes
  }

  protected get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Maximum distance between border and polygon, as shown in the hint. */
  protected get tolerance(): string {
    return this.#found.tolerance.toFixed(1)
  }

  /** Shows the answer to the latest request. */
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

  /** Draws the previewed regions in one undo step. If the answer is still awaited, draws as soon as it arrives. */
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
