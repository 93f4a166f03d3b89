import { zoom } from '#renderer/actions/view-actions.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { isMac } from '#renderer/document/key-label.ts'
import { say } from '#renderer/document/status-line.ts'
import { toImage } from '#renderer/document/viewport.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { PICK_RADIUS } from '#renderer/tools/select/select-tool.ts'
import type { Pointer } from '#renderer/tools/tool.ts'
import { toolById } from '#renderer/tools/tools.ts'
import type { Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import {
  InputMachine,
  type InputTarget,
  type Modifiers,
  type PointerInput,
} from './input-machine.ts'
import { LINE, storedDevice, WheelMovement } from './wheel.ts'

/** A finger or pen that is held in one place for so long opens the menu. Milliseconds. */
const HOLD_MS = 500
/** The wheel turned so far is one step of a tool's size; a touchpad sends little by little. Pixels. */
const TOOL_STEP = 50
/** Held, it hides all shapes. */
const PEEK_KEY = 'b'

const modifiersOf = (event: MouseEvent): Modifiers => ({
  shift: event.shiftKey,
  alt: event.altKey,
  mod: isMac ? event.metaKey : event.ctrlKey,
})

function toPointer(editor: Editor, at: Point, { shift, alt, mod }: Modifiers): Pointer {
  const view = editor.view.getState()
  return { at: toImage(view, at), pixel: 1 / view.scale, shift, alt, mod }
}

const targetOf = (editor: Editor): InputTarget => ({
  tool: () => editor.tool.getState().active,
  pansOnPress: () => editor.tool.getState().id === 'pan',
  toPointer: (at, modifiers) => {
    const pointer = toPointer(editor, at, modifiers)
    const { id } = editor.tool.getState()
    return toolById(id).draws ? { ...pointer, at: editor.inside(pointer.at) } : pointer
  },
  panBy: (dx, dy) => editor.view.setState(({ x, y }) => ({ x: x + dx, y: y + dy })),
  zoomBy: (factor, about) => zoom(editor, factor, about),
  setHeld: (isHeld) => editor.tool.setState({ isHeld }),
  onLost: (hadEffect) => {
    if (hadEffect) say(t('The system interrupted the drag, so nothing was changed'))
  },
})

const isTyping = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement &&
  event.target.closest('input:not([type=color]), textarea') !== null

/** Hands the events of the canvas element to the input machine. Everything that decides is there. */
export class CanvasInput {
  readonly #element: HTMLElement
  readonly #editor: Editor
  readonly #target: InputTarget
  readonly #redrawOverlay: () => void
  readonly #machine: InputMachine
  /** Of the wheel, what has not made a step of the tool's size yet. Pixels. */
  #turned = 0
  readonly #wheel = new WheelMovement(storedDevice)
  readonly #abort = new AbortController()
  readonly #stopTool: () => void
  #holding: ReturnType<typeof setTimeout> | undefined

  constructor(element: HTMLElement, editor: Editor, redrawOverlay: () => void) {
    this.#element = element
    this.#editor = editor
    this.#redrawOverlay = redrawOverlay
    this.#target = targetOf(editor)
    this.#machine = new InputMachine(this.#target)
    const options = { signal: this.#abort.signal }
    element.addEventListener('pointerdown', (event) => this.#onDown(event), options)
    element.addEventListener('pointermove', (event) => this.#onMove(event), options)
    element.addEventListener('pointerup', (event) => this.#onUp(event), options)
    element.addEventListener('pointercancel', (event) => this.#onLost(event), options)
    // Comes after every pointerup too, when the machine is idle already.
    element.addEventListener('lostpointercapture', (event) => this.#onLost(event), options)
    element.addEventListener('pointerleave', () => this.#onLeave(), options)
    element.addEventListener('dblclick', (event) => this.#onDoubleClick(event), options)
    element.addEventListener('contextmenu', (event) => this.#onMenu(event), options)
    element.addEventListener('wheel', (event) => this.#onWheel(event), {
      ...options,
      passive: false,
    })
    window.addEventListener('keydown', (event) => this.#onKey(event), { ...options, capture: true })
    window.addEventListener('keyup', (event) => this.#onKey(event), options)
    window.addEventListener('blur', () => this.#onBlur(), options)
    this.#stopTool = editor.subscribe(() => this.#showCursor())
    this.#showCursor()
  }

  dispose(): void {
    clearTimeout(this.#holding)
    this.#abort.abort()
    this.#stopTool()
    this.#machine.reset()
    this.#editor.selection.state.setState({ isPeeking: false })
  }

  #at(event: MouseEvent): Point {
    const { left, top } = this.#element.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  #inputOf(event: PointerEvent): PointerInput {
    const kind =
      event.pointerType === 'pen' || event.pointerType === 'touch' ? event.pointerType : 'mouse'
    return {
      pointerId: event.pointerId,
      kind,
      at: this.#at(event),
      button: event.button,
      isDown: event.buttons !== 0,
      ...modifiersOf(event),
    }
  }

  #showCursor(): void {
    const { id: toolId, active } = this.#editor.tool.getState()
    const { state, isSpaceHeld } = this.#machine
    const isPanning = state.kind === 'pan' || state.kind === 'pinch'
    const pans = isSpaceHeld || toolId === 'pan'
    this.#element.style.cursor = isPanning ? 'grabbing' : pans ? 'grab' : active.cursor()
  }

  #onDown(event: PointerEvent): void {
    this.#editor.menuPlace = null
    if (event.button > 1) return
    // Keys go to the canvas from here on, not to the field that was typed in before.
    this.#element.focus({ preventScroll: true })
    event.preventDefault()
    say(null)
    const input = this.#inputOf(event)
    if (this.#machine.press(input)) this.#element.setPointerCapture(event.pointerId)
    this.#waitForHold(event, input)
    this.#showCursor()
  }

  #onMove(event: PointerEvent): void {
    const at = this.#at(event)
    const isDrawing = this.#machine.state.kind === 'draw'
    // A pen reports more points than frames; a stroke needs all of them.
    const collected = isDrawing ? event.getCoalescedEvents() : []
    const events = collected.length > 0 ? collected : [event]
    this.#machine.move(events.map((each) => this.#inputOf(each)))
    this.#editor.cursor.end()
    canvasFrame.setState({ pointer: at })
    const pointer = toPointer(this.#editor, at, modifiersOf(event))
    if (this.#machine.state.kind !== 'pan' && this.#machine.state.kind !== 'pinch') {
      this.#hover(pointer)
      this.#redrawOverlay()
    }
    this.#showCursor()
  }

  #hover({ at, pixel }: Pointer): void {
    const isFree =
      this.#editor.tool.getState().id === 'select' && this.#machine.state.kind === 'idle'
    const hovered = (isFree && this.#visibleAt(at, pixel)[0]?.id) || null
    const { state } = this.#editor.selection
    if (state.getState().hovered !== hovered) state.setState({ hovered })
  }

  #visibleAt(at: Point, pixel: number) {
    const { document, selection } = this.#editor
    return document.annotations
      .at(at, PICK_RADIUS * pixel)
      .filter((item) => selection.isVisible(item))
  }

  #onUp(event: PointerEvent): void {
    this.#machine.lift(this.#inputOf(event))
    this.#showCursor()
  }

  #onLost(event: PointerEvent): void {
    this.#machine.lose(event.pointerId)
    this.#showCursor()
  }

  /** A finger or pen that stays where it pressed asks for the menu, as the secondary button of a mouse does. */
  #waitForHold({ pointerId, clientX, clientY }: PointerEvent, { kind }: PointerInput): void {
    clearTimeout(this.#holding)
    if (kind === 'mouse' || this.#editor.tool.getState().id !== 'select') return
    this.#holding = setTimeout(() => {
      if (!this.#machine.hold(pointerId)) return
      const place = { clientX, clientY, button: 2, bubbles: true, cancelable: true }
      this.#element.dispatchEvent(new MouseEvent('contextmenu', place))
      this.#showCursor()
    }, HOLD_MS)
  }

  #onLeave(): void {
    canvasFrame.setState({ pointer: null })
    this.#editor.selection.state.setState({ hovered: null })
    this.#redrawOverlay()
  }

  #onDoubleClick(event: MouseEvent): void {
    this.#machine.doubleClick(this.#at(event), modifiersOf(event))
  }

  /** The menu is about the selection; a shape under the pointer is selected first. While something is drawn there is none. */
  #onMenu(event: MouseEvent): void {
    // Systems send one of their own for a finger that is held, at another time.
    if (event.isTrusted && event instanceof PointerEvent && event.pointerType === 'touch') {
      event.preventDefault()
      return
    }
    if (this.#editor.tool.getState().id !== 'select' || this.#machine.state.kind !== 'idle') {
      event.preventDefault()
      return
    }
    // By key it is about the selection, wherever the pointer is.
    if (event.button !== 2) return
    const { at, pixel } = toPointer(this.#editor, this.#at(event), modifiersOf(event))
    this.#editor.menuPlace = at
    const hits = this.#visibleAt(at, pixel)
    const { selection } = this.#editor
    const { selected } = selection.state.getState()
    if (hits.some(({ id }) => selected.has(id))) return
    selection.select(hits[0] ? [hits[0].id] : [])
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault()
    if (this.#resizesTool(event)) return
    const effect = this.#wheel.next(event, editorSettings.getState().wheel)
    if (effect.kind === 'pan') this.#target.panBy(effect.dx, effect.dy)
    else this.#target.zoomBy(effect.factor, this.#at(event))
  }

  /** The wheel changes the size of a tool that wants it, or of any that has one with Alt. */
  #resizesTool(event: WheelEvent): boolean {
    const { active } = this.#editor.tool.getState()
    const isWanted = event.altKey || active.takesWheel?.() === true
    if (!active.resize || !isWanted || event.ctrlKey || event.metaKey) return false
    this.#turned += event.deltaMode === 0 ? event.deltaY : event.deltaY * LINE
    for (; Math.abs(this.#turned) >= TOOL_STEP; this.#turned -= Math.sign(this.#turned) * TOOL_STEP)
      active.resize(this.#turned < 0 ? 1 : -1)
    return true
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === PEEK_KEY) this.#peek(event)
    if (event.key !== ' ') return
    const isDown = event.type === 'keydown'
    if (isDown) {
      // Over the canvas Space means panning, whichever button has the focus; elsewhere it presses that.
      if (isTyping(event) || canvasFrame.getState().pointer === null) return
      event.preventDefault()
    }
    this.#machine.holdSpace(isDown)
    this.#showCursor()
  }

  /** The bare image for as long as the key is held. */
  #peek(event: KeyboardEvent): void {
    const { target, ctrlKey, metaKey, altKey } = event
    const isField = target instanceof HTMLElement && target.closest('input, textarea, select')
    const isDown = event.type === 'keydown'
    if (isDown && (isField || ctrlKey || metaKey || altKey)) return
    this.#editor.selection.state.setState({ isPeeking: isDown })
  }

  /** The release of keys and pointers over another window is never reported. */
  #onBlur(): void {
    this.#machine.reset()
    this.#editor.selection.state.setState({ isPeeking: false })
    this.#showCursor()
  }
}
