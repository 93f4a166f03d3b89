import { announce } from '#renderer/document/announcer.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { say } from '#renderer/document/status-line.ts'
import { toImage, toScreen } from '#renderer/document/viewport.ts'
import { clampPoint } from '#shared/geometry/clamp-shape.ts'
import type { Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import type { Editor } from './editor.ts'
import { SHAPE_KIND_LABEL } from './shape-kind-label.ts'
import type { Pointer } from './tool.ts'

/** Minimum distance between cursor and canvas border; the image is panned to keep it. Screen pixels. */
const MARGIN = 40

const coordinates = ({ x, y }: Point) => ({ x: Math.round(x), y: Math.round(y) })

/** Drawing by keyboard: keys move a cursor over the image, and Enter clicks at its place. */
export class KeyboardCursor {
  readonly #editor: Editor
  #at: Point | null = null
  /** True if the cursor has not moved since the last point was placed. */
  #isPlaced = false

  constructor(editor: Editor) {
    this.#editor = editor
  }

  /** Position in image pixels; null while the pointer is used. */
  get at(): Point | null {
    return this.#at
  }

  /** Starts at the pointer, or in the centre of the visible part. Image pixels. */
  move(dx: number, dy: number): void {
    const isFirst = this.#at === null
    const from = this.#at ?? this.#start()
    const to = { x: from.x + dx, y: from.y + dy }
    const { size } = this.#editor
    const at = size ? clampPoint(to, size) : to
    this.#at = at
    this.#isPlaced = false
    this.#show(at)
    this.#tool.pointerMove(this.#pointer(at), false)
    if (isFirst)
      say(
        t(
          'Arrow keys move the cursor, with Shift by 10 · Enter places a point, Enter again finishes',
        ),
      )
    announce(
      isFirst
        ? t(
            'Cursor at {x}, {y}. Arrows move it, Enter places, Enter again finishes',
            coordinates(at),
          )
        : t('{x}, {y}', coordinates(at)),
    )
  }

  /** Clicks at the cursor. A second click at the same place finishes the shape. */
  place(): void {
    if (!this.#at) return
    const { list: before } = this.#editor.document.annotations
    if (!(this.#isPlaced && this.#tool.finish())) {
      this.#tool.pointerDown(this.#pointer(this.#at))
      this.#tool.pointerUp(this.#pointer(this.#at))
    }
    this.#isPlaced = true
    const { list } = this.#editor.document.annotations
    const [last] = list.slice(-1)
    announce(
      list.length > before.length && last
        ? t('{kind} {className} drawn', {
            kind: SHAPE_KIND_LABEL[last.shape.kind],
            className: last.className,
          })
        : t('Placed at {x}, {y}', coordinates(this.#at)),
    )
  }

  /** Hides the cursor, because the pointer is used again or the tool has changed. */
  end(): void {
    this.#at = null
  }

  get #tool() {
    return this.#editor.tool.getState().active
  }

  #pointer(at: Point): Pointer {
    const pixel = 1 / this.#editor.view.getState().scale
    return { at, pixel, shift: false, alt: false, mod: false }
  }

  /** Rounds to whole pixels, so that screen readers announce the exact coordinates. */
  #start(): Point {
    const { width, height, ...view } = this.#editor.view.getState()
    const middle = { x: width / 2, y: height / 2 }
    const at = this.#editor.pointer ?? toImage({ ...view, width, height }, middle)
    return this.#editor.inside({ x: Math.round(at.x), y: Math.round(at.y) })
  }

  /** Pans the image until the cursor is visible. */
  #show(at: Point): void {
    const view = this.#editor.view.getState()
    const on = toScreen(view, at)
    const beyond = (value: number, length: number) => {
      const margin = Math.min(MARGIN, length / 4)
      return Math.min(0, value - margin) + Math.max(0, value - (length - margin))
    }
    const [dx, dy] = [beyond(on.x, view.width), beyond(on.y, view.height)]
    if (dx !== 0 || dy !== 0) this.#editor.view.setState({ x: view.x - dx, y: view.y - dy })
    canvasFrame.setState({ pointer: { x: on.x - dx, y: on.y - dy } })
  }
}
