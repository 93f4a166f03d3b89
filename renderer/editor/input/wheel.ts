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
export const LINE = 33
const PAGE = 400
/** No single event zooms further than this: three notches. Pixels. */
const LARGEST_STEP = 300
/** Events that follow each other this closely belong to one movement, milliseconds. */
const SAME_MOVEMENT_MS = 180

/** The device behind the wheel events, which decides what `auto` does. */
type Device = 'wheel' | 'touchpad'

/** Remembers the detected device across images and restarts; null: unknown. */
export interface WheelMemory {
  read(): Device | null
  write(device: Device): void
}

const DEVICE_KEY = 'pictograph.wheel-device'

/** In the browser's storage, shared by all windows. */
export const storedDevice: WheelMemory = {
  read: () => {
    const kept = localStorage.getItem(DEVICE_KEY)
    return kept === 'wheel' || kept === 'touchpad' ? kept : null
  },
  write: (device) => localStorage.setItem(DEVICE_KEY, device),
}

/** This many notches in one movement, and nothing else, never come from a touchpad. */
const SURE_NOTCHES = 3

/** Only a touchpad turns both ways at once. */
const isDiagonal = ({ deltaX, deltaY }: WheelInput) => deltaX !== 0 && deltaY !== 0

/** A whole notch of a wheel, up or down. */
const isNotch = ({ deltaX, deltaY, deltaMode }: WheelInput) =>
  deltaX === 0 && (deltaMode !== 0 || Math.abs(deltaY) >= LARGEST_PINCH_STEP)

/**
 * What wheel events do. All events of one movement do the same, so a diagonal scroll never flips to zooming. In `auto`
 * the first movement tells a wheel from a touchpad, and that stays, until a whole movement can only come from the other.
 */
export class WheelMovement {
  readonly #memory: WheelMemory
  #kind: WheelEffect['kind'] = 'zoom'
  #endsAt = Number.NEGATIVE_INFINITY
  #isCtrl = false
  /** Notches of this movement; null when there was something else among them. */
  #notches: number | null = 0

  constructor(memory: WheelMemory) {
    this.#memory = memory
  }

  next(event: WheelInput, mode: Settings['wheel']): WheelEffect {
    const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? PAGE : 1
    const dx = event.deltaX * unit
    const dy = event.deltaY * unit
    const isCtrl = event.ctrlKey || event.metaKey
    if (event.timeStamp > this.#endsAt || isCtrl !== this.#isCtrl) {
      this.#notches = 0
      this.#kind = isCtrl ? 'zoom' : this.#plainKind(event, mode)
    }
    this.#isCtrl = isCtrl
    this.#endsAt = event.timeStamp + SAME_MOVEMENT_MS
    if (mode === 'auto' && !isCtrl && !event.shiftKey) this.#learn(event)
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
    // A wheel that is tilted moves sideways.
    if (event.deltaY === 0) return 'pan'
    if (mode === 'zoom') return 'zoom'
    const known = this.#memory.read()
    if (known) return known === 'touchpad' ? 'pan' : 'zoom'
    const first = isNotch(event) ? 'wheel' : 'touchpad'
    this.#memory.write(first)
    return first === 'touchpad' ? 'pan' : 'zoom'
  }

  /** Corrects what is known about the device, for the next movement. */
  #learn(event: WheelInput): void {
    this.#notches = this.#notches !== null && isNotch(event) ? this.#notches + 1 : null
    const sure = isDiagonal(event)
      ? 'touchpad'
      : this.#notches !== null && this.#notches >= SURE_NOTCHES
        ? 'wheel'
        : null
    if (sure && sure !== this.#memory.read()) this.#memory.write(sure)
  }
}
