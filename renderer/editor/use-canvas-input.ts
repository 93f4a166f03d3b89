import { type RefObject, useEffect } from 'react'
import { isMac } from '#renderer/actions/keys.ts'
import { zoom } from '#renderer/actions/view-actions.ts'
import { canvasPointer, menuPlace, pointerPlace } from '#renderer/canvas/pointer-place.ts'
import { toImage, viewport } from '#renderer/canvas/viewport.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { isVisible, select, selection } from '#renderer/document/selection.ts'
import { PICK_RADIUS } from '#renderer/tools/select/select-tool.ts'
import type { Pointer } from '#renderer/tools/tool.ts'
import { say, toolState } from '#renderer/tools/tool-state.ts'
import type { Point } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'

/** How much one notch of a wheel zooms: its 100 units make 1.16×. */
const WHEEL_ZOOM = 0.0015
/** Held, it hides all shapes. */
const PEEK_KEY = 'b'
/** Pinching on a touchpad comes as a wheel with Ctrl and small deltas. */
const PINCH_ZOOM = 0.01

function screenPoint(element: HTMLElement, event: MouseEvent): Point {
  const { left, top } = element.getBoundingClientRect()
  return { x: event.clientX - left, y: event.clientY - top }
}

function toolPointer(element: HTMLElement, event: MouseEvent): Pointer {
  const view = viewport.getState()
  return {
    at: toImage(view, screenPoint(element, event)),
    pixel: 1 / view.scale,
    shift: event.shiftKey,
    alt: event.altKey,
    mod: isMac ? event.metaKey : event.ctrlKey,
  }
}

/** Our own pointer, wheel and key events on the canvas: panning and zooming, and all else to the tool. */
export function useCanvasInput(
  container: RefObject<HTMLElement | null>,
  document: ImageDocument | null,
  redrawOverlay: () => void,
): void {
  useEffect(() => {
    const element = container.current
    if (!element || !document) return
    const abort = new AbortController()
    const { signal } = abort
    let panning: { pointerId: number; x: number; y: number } | null = null
    let pressed: number | null = null
    let spaceHeld = false
    // The place was one on the image before.
    pointerPlace.setState({ image: null })

    const showCursor = () => {
      const { toolId, active } = toolState.getState()
      const pan = spaceHeld || toolId === 'pan'
      element.style.cursor = panning ? 'grabbing' : pan ? 'grab' : active.cursor()
    }

    const hover = (pointer: Pointer) => {
      const isSelect = toolState.getState().toolId === 'select' && pressed === null
      const [hit] = isSelect
        ? document.annotations
            .at(pointer.at, PICK_RADIUS * pointer.pixel)
            .filter((item) => isVisible(item))
        : []
      const hovered = hit?.id ?? null
      if (selection.getState().hovered !== hovered) selection.setState({ hovered })
    }

    const onDown = (event: PointerEvent) => {
      menuPlace.image = null
      if (event.button > 1) return
      // Keys go to the canvas from here on, not to the field that was typed in before.
      element.focus({ preventScroll: true })
      event.preventDefault()
      element.setPointerCapture(event.pointerId)
      say(null)
      if (event.button === 1 || spaceHeld || toolState.getState().toolId === 'pan') {
        panning = { pointerId: event.pointerId, x: event.clientX, y: event.clientY }
      } else if (pressed === null) {
        pressed = event.pointerId
        toolState.setState({ isHeld: true })
        toolState.getState().active.pointerDown(toolPointer(element, event))
      }
      showCursor()
    }

    const onMove = (event: PointerEvent) => {
      canvasPointer.screen = screenPoint(element, event)
      if (panning) {
        const { x, y } = panning
        viewport.setState((view) => ({
          x: view.x + event.clientX - x,
          y: view.y + event.clientY - y,
        }))
        panning = { ...panning, x: event.clientX, y: event.clientY }
      }
      const pointer = toolPointer(element, event)
      pointerPlace.setState({ image: pointer.at })
      if (panning) return
      toolState.getState().active.pointerMove(pointer, pressed !== null)
      hover(pointer)
      redrawOverlay()
      showCursor()
    }

    const onUp = (event: PointerEvent) => {
      if (panning?.pointerId === event.pointerId) panning = null
      else if (pressed === event.pointerId) {
        pressed = null
        toolState.setState({ isHeld: false })
        toolState.getState().active.pointerUp(toolPointer(element, event))
      }
      showCursor()
    }

    /** The system took the pointer away: nothing is committed. */
    const onLost = (event: PointerEvent) => {
      if (panning?.pointerId === event.pointerId) panning = null
      if (pressed !== event.pointerId) return
      pressed = null
      toolState.setState({ isHeld: false })
      if (toolState.getState().active.cancel())
        say(t('The system took the pointer away: what was being dragged is as it was'))
    }

    const onLeave = () => {
      canvasPointer.screen = null
      pointerPlace.setState({ image: null })
      selection.setState({ hovered: null })
      redrawOverlay()
    }

    /** The menu is about what is selected; a shape that is not becomes it first. While something is drawn there is none. */
    const onMenu = (event: MouseEvent) => {
      const { toolId } = toolState.getState()
      if (toolId !== 'select' || pressed !== null) {
        event.preventDefault()
        return
      }
      // By key it is about the selection, wherever the pointer is.
      if (event.button !== 2) return
      const { at, pixel } = toolPointer(element, event)
      menuPlace.image = at
      const hits = document.annotations
        .at(at, PICK_RADIUS * pixel)
        .filter((item) => isVisible(item))
      const { selected } = selection.getState()
      if (hits.some(({ id }) => selected.has(id))) return
      select(hits[0] ? [hits[0].id] : [])
    }

    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
      if (sideways && !event.ctrlKey) {
        viewport.setState((view) => ({
          x: view.x - event.deltaX * lines,
          y: view.y - (event.shiftKey ? 0 : event.deltaY * lines),
        }))
        return
      }
      const rate = event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM
      zoom(Math.exp(-event.deltaY * lines * rate), screenPoint(element, event))
    }

    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === PEEK_KEY) peek(event)
      if (event.key !== ' ') return
      if (event.type === 'keyup') {
        spaceHeld = false
        showCursor()
        return
      }
      // Over the canvas Space means panning, whichever button has the focus; elsewhere it presses that.
      const isTyping =
        event.target instanceof HTMLElement &&
        event.target.closest('input:not([type=color]), textarea') !== null
      if (isTyping || canvasPointer.screen === null) return
      event.preventDefault()
      spaceHeld = true
      showCursor()
    }

    /** The bare image for as long as the key is held. */
    const peek = (event: KeyboardEvent) => {
      const { target, ctrlKey, metaKey, altKey } = event
      const isTyping = target instanceof HTMLElement && target.closest('input, textarea, select')
      if (event.type === 'keydown' && (isTyping || ctrlKey || metaKey || altKey)) return
      selection.setState({ isPeeking: event.type === 'keydown' })
    }

    const options = { signal }
    element.addEventListener('pointerdown', onDown, options)
    element.addEventListener('pointermove', onMove, options)
    element.addEventListener('pointerup', onUp, options)
    element.addEventListener('pointercancel', onLost, options)
    element.addEventListener('pointerleave', onLeave, options)
    element.addEventListener(
      'dblclick',
      (event) => toolState.getState().active.doubleClick(toolPointer(element, event)),
      options,
    )
    element.addEventListener('contextmenu', onMenu, options)
    element.addEventListener('wheel', onWheel, { signal, passive: false })
    window.addEventListener('keydown', onKey, { signal, capture: true })
    window.addEventListener('keyup', onKey, options)
    window.addEventListener('blur', () => selection.setState({ isPeeking: false }), options)
    const stopTool = toolState.subscribe(showCursor)
    showCursor()
    return () => {
      abort.abort()
      stopTool()
    }
  }, [container, document, redrawOverlay])
}
