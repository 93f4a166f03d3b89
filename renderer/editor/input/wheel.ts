import type { Settings } from '#shared/contract/settings.ts'

/** The part of a WheelEvent that decides what it does. */
export interface WheelInput {
  deltaX: number
  deltaY: number
  /** As `WheelEvent.deltaMode`: 0 pixels, 1 lines, 2 pages. */
  deltaMode: number
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  /** Milliseconds, as `Event.timeStamp`. */
  timeStamp: number
}

/** Screen pixels, or a factor. */
export type WheelEffect = { kind: 'pan'; dx: number; dy: number } | { kind: 'zoom'; factor: number }

/** One notch of a wheel is about 100 pixels and zooms 1.16 times. */
const NOTCH_RATE = 0.0015
/** A pinch on a touchpad comes as a wheel with Ctrl and small steps. */
const PINCH_RATE = 0.01
/** A step with Ctrl that is larger than this comes from a notched wheel, pixels. */
const LARGEST_PINCH_STEP = 40
/** Pixels that stand for a line and for a page. */
const LINE = 33
const PAGE = 400
/** No single event zooms further than this: three notches. Pixels. */
const LARGEST_STEP = 300
/** Events that follow each other this closely belong to one movement, milliseconds. */
const SAME_MOVEMENT_MS = 180

/** Whether an event without modifiers can only come from a touchpad: a notched wheel turns one way in whole steps. */
function looksLikeTouchpad({ deltaX, deltaY, deltaMode }: WheelInput): boolean {
  if (deltaMode !== 0) return false
  if (deltaX !== 0 && deltaY !== 0) return true
  const size = Math.abs(deltaX) + Math.abs(deltaY)
  return !Number.isInteger(size) || size < LARGEST_PINCH_STEP
}

/** What wheel events do. All events of one movement do the same, so a diagonal scroll never flips to zooming. */
export class WheelMovement {
  #kind: WheelEffect['kind'] = 'zoom'
  #endsAt = Number.NEGATIVE_INFINITY
  #isCtrl = false

  next(event: WheelInput, mode: Settings['wheel']): WheelEffect {
    const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? PAGE : 1
    const dx = event.deltaX * unit
    const dy = event.deltaY * unit
    const isCtrl = event.ctrlKey || event.metaKey
    if (event.timeStamp > this.#endsAt || isCtrl !== this.#isCtrl)
      this.#kind = isCtrl ? 'zoom' : this.#plainKind(event, mode)
    this.#isCtrl = isCtrl
    this.#endsAt = event.timeStamp + SAME_MOVEMENT_MS
    if (this.#kind === 'pan') {
      // A wheel with Shift moves sideways; some systems have swapped the axes already.
      const isSideways = event.shiftKey && dx === 0
      return { kind: 'pan', dx: isSideways ? -dy : -dx || 0, dy: isSideways ? 0 : -dy || 0 }
    }
    const isPinch = isCtrl && event.deltaMode === 0 && Math.abs(dy) < LARGEST_PINCH_STEP
    const step = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, dy))
    return { kind: 'zoom', factor: Math.exp(-step * (isPinch ? PINCH_RATE : NOTCH_RATE)) }
  }

  #plainKind(event: WheelInput, mode: Settings['wheel']): WheelEffect['kind'] {
    if (event.shiftKey || mode === 'pan') return 'pan'
    if (mode === 'zoom') return Math.abs(event.deltaX) > Math.abs(event.deltaY) ? 'pan' : 'zoom'
    return looksLikeTouchpad(event) || event.deltaY === 0 ? 'pan' : 'zoom'
  }
}
