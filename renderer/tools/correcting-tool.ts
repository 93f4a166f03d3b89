import { distance } from '#shared/geometry/point.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import { t } from '#shared/texts/texts.ts'
import { DragHandle } from './select/edit-gestures.ts'
import { handleAt } from './select/handle-at.ts'
import type { ActiveTool, Pointer, Preview, ToolHost } from './tool.ts'

/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 4

/**
 * A drawing tool that keeps handles on the last shape. A drag on a handle corrects that shape. Every other press starts
 * the next shape. A click on a handle does too, so that two shapes can share a corner.
 */
export class CorrectingTool implements ActiveTool {
  readonly #host: ToolHost
  readonly #inner: ActiveTool
  /** The handle that is held, and where the press began. */
  #held: { gesture: DragHandle; from: Pointer } | null = null
  #over: Handle | null = null

  /** `create` makes the wrapped drawing tool. */
  constructor(host: ToolHost, create: (host: ToolHost) => ActiveTool) {
    this.#host = host
    this.#inner = create({
      ...host,
      create: (shape) => {
        const id = host.create(shape)
        host.keepFresh(id)
        return id
      },
    })
  }

  pointerDown(pointer: Pointer): void {
    const fresh = this.#host.fresh()
    const handle = fresh && handleAt(this.#host.handles(), pointer)
    if (fresh && handle) {
      const gesture = new DragHandle(this.#host, pointer.at, fresh, handle)
      this.#held = { gesture, from: pointer }
      return
    }
    this.#beginNext(pointer)
  }

  pointerMove(pointer: Pointer, held: boolean): void {
    if (this.#held) {
      this.#held.gesture.move(pointer)
      this.#host.changed()
      return
    }
    this.#over = this.#host.fresh() && handleAt(this.#host.handles(), pointer)
    this.#inner.pointerMove(pointer, held)
  }

  pointerUp(pointer: Pointer): void {
    const held = this.#held
    this.#held = null
    if (!held) {
      this.#inner.pointerUp(pointer)
      return
    }
    if (distance(held.from.at, pointer.at) < CLICK_SLOP * pointer.pixel) {
      this.#beginNext(held.from)
      this.#inner.pointerUp(pointer)
    } else held.gesture.finish(pointer)
    this.#host.changed()
  }

  doubleClick(pointer: Pointer): void {
    this.#inner.doubleClick(pointer)
  }

  finish(): boolean {
    return this.#inner.finish()
  }

  cancel(): boolean {
    if (this.release() || this.#inner.cancel()) return true
    const had = this.#host.fresh() !== null
    this.#forget()
    return had
  }

  release(): boolean {
    if (!this.#held) return this.#inner.release()
    this.#held = null
    this.#host.changed()
    return true
  }

  removeLast(): boolean {
    return this.#inner.removeLast()
  }

  restoreLast(): boolean {
    return this.#inner.restoreLast?.() ?? false
  }

  skip(): void {
    this.#inner.skip?.()
  }

  preview(): Preview {
    return this.#held?.gesture.preview() ?? this.#inner.preview()
  }

  cursor(): string {
    return this.#held?.gesture.cursor ?? this.#over?.cursor ?? this.#inner.cursor()
  }

  hint(): string {
    if (this.#held) return this.#held.gesture.hint()
    if (!this.#host.fresh()) return this.#inner.hint()
    return t('Drag a handle to correct the shape, or draw the next one: {className}', {
      className: this.#host.className(),
    })
  }

  #beginNext(pointer: Pointer): void {
    this.#forget()
    this.#inner.pointerDown(pointer)
  }

  #forget(): void {
    this.#over = null
    this.#host.keepFresh(null)
  }
}
