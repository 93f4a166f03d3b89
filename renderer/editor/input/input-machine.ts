import type { ActiveTool, Pointer } from '#renderer/tools/tool.ts'
import type { Point } from '#shared/model/annotation.ts'

/** The modifier keys of a pointer event. */
export interface Modifiers {
  shift: boolean
  alt: boolean
  mod: boolean
}

/** One pointer at one moment. */
export interface PointerInput extends Modifiers {
  pointerId: number
  kind: 'mouse' | 'pen' | 'touch'
  /** Screen pixels of the canvas. */
  at: Point
  /** As DOM events have it: 0 main, 1 middle, 2 secondary. */
  button: number
  /** Whether any button is down, or the finger or pen touches. */
  isDown: boolean
}

/** What input acts on. Everything in screen pixels unless it says otherwise. */
export interface InputTarget {
  /** The tool in hand; another object after another was chosen. */
  tool(): Pick<ActiveTool, 'pointerDown' | 'pointerMove' | 'pointerUp' | 'doubleClick' | 'release'>
  /** Whether a press with the tool in hand moves the view. */
  pansOnPress(): boolean
  toPointer(at: Point, modifiers: Modifiers): Pointer
  panBy(dx: number, dy: number): void
  zoomBy(factor: number, about: Point): void
  /** A press with the tool starts or ends; keys wait in between. */
  setHeld(isHeld: boolean): void
  /** A gesture was cancelled; `hadEffect`: a drag was reverted. */
  onLost(hadEffect: boolean): void
}

type Tool = ReturnType<InputTarget['tool']>

/**
 * - `draw`: one pointer belongs to the tool that it was pressed with.
 * - `pan`: one pointer moves the view.
 * - `pinch`: two fingers move and zoom it.
 */
export type InputState =
  | { kind: 'idle' }
  | { kind: 'draw'; pointerId: number; pointerKind: PointerInput['kind']; tool: Tool }
  | { kind: 'pan'; pointerId: number; pointerKind: PointerInput['kind']; at: Point }
  | { kind: 'pinch'; fingers: readonly [Finger, Finger] }

interface Finger {
  pointerId: number
  at: Point
}

const IDLE: InputState = { kind: 'idle' }

/** A finger that is held trembles by less than this. Screen pixels. */
const HOLD_SLOP = 8

/** Fingers nearer than this zoom no further: a few pixels would be a large factor. Screen pixels. */
const MIN_SPREAD = 10

const middle = ([a, b]: readonly [Finger, Finger]): Point => ({
  x: (a.at.x + b.at.x) / 2,
  y: (a.at.y + b.at.y) / 2,
})

const spread = ([a, b]: readonly [Finger, Finger]): number =>
  Math.max(MIN_SPREAD, Math.hypot(a.at.x - b.at.x, a.at.y - b.at.y))

/**
 * Which pointer does what on the canvas. At most one pointer draws. It draws with the tool that it
 * was pressed with, or with none: a tool never sees the end of a press whose beginning it did not see.
 */
export class InputMachine {
  readonly #target: InputTarget
  #state: InputState = IDLE
  #isSpaceHeld = false

  constructor(target: InputTarget) {
    this.#target = target
  }

  get state(): InputState {
    return this.#state
  }

  get isSpaceHeld(): boolean {
    return this.#isSpaceHeld
  }

  /** True when the pointer now belongs to the canvas and should be captured. */
  press(input: PointerInput): boolean {
    const { pointerId, kind, at, button } = input
    if (button > 1) return false
    const state = this.#state
    switch (state.kind) {
      case 'idle':
        if (button === 1 || this.#isSpaceHeld || this.#target.pansOnPress())
          this.#state = { kind: 'pan', pointerId, pointerKind: kind, at }
        else this.#draw(input)
        return true
      case 'draw':
      case 'pan': {
        // The same pointer again: its release was never reported.
        if (state.pointerId === pointerId) {
          if (button !== 0 && state.kind === 'draw') return false
          this.#leave()
          return this.press(input)
        }
        // A second finger zooms; beside a pen or a mouse it is a palm.
        if (kind !== 'touch' || state.pointerKind !== 'touch') return false
        const first = state.kind === 'pan' ? state.at : this.#lastDrawn
        this.#leave()
        this.#state = {
          kind: 'pinch',
          fingers: [
            { pointerId: state.pointerId, at: first },
            { pointerId, at },
          ],
        }
        return true
      }
      case 'pinch':
        return false
    }
  }

  /** Where the finger that draws was pressed, and where it was last. */
  #pressedAt: Point = { x: 0, y: 0 }
  #lastDrawn: Point = { x: 0, y: 0 }
  /** It stayed near where it was pressed. */
  #isSteady = false

  /** `inputs`: what the system collected since the last frame, oldest first, all of one pointer. */
  move(inputs: readonly PointerInput[]): void {
    for (const input of inputs) this.#moveOne(input)
  }

  #moveOne(input: PointerInput): void {
    const { pointerId, at, isDown } = input
    const state = this.#state
    switch (state.kind) {
      case 'idle':
        this.#target.tool().pointerMove(this.#target.toPointer(at, input), false)
        return
      case 'draw':
        if (state.pointerId !== pointerId) return
        if (!isDown) {
          // It was released unseen, for example over another window.
          this.lose(pointerId)
          return
        }
        this.#lastDrawn = at
        this.#isSteady &&=
          Math.hypot(at.x - this.#pressedAt.x, at.y - this.#pressedAt.y) < HOLD_SLOP
        if (this.#target.tool() === state.tool)
          state.tool.pointerMove(this.#target.toPointer(at, input), true)
        return
      case 'pan':
        if (state.pointerId !== pointerId) return
        if (!isDown) {
          this.lose(pointerId)
          return
        }
        this.#state = { ...state, at }
        this.#target.panBy(at.x - state.at.x, at.y - state.at.y)
        return
      case 'pinch': {
        const [a, b] = state.fingers
        if (a.pointerId !== pointerId && b.pointerId !== pointerId) return
        const fingers: readonly [Finger, Finger] =
          a.pointerId === pointerId ? [{ pointerId, at }, b] : [a, { pointerId, at }]
        const from = middle(state.fingers)
        const to = middle(fingers)
        this.#state = { kind: 'pinch', fingers }
        this.#target.panBy(to.x - from.x, to.y - from.y)
        this.#target.zoomBy(spread(fingers) / spread(state.fingers), to)
        return
      }
    }
  }

  lift(input: PointerInput): void {
    const { pointerId, at } = input
    const state = this.#state
    switch (state.kind) {
      case 'idle':
        return
      case 'draw': {
        if (state.pointerId !== pointerId) return
        this.#state = IDLE
        this.#target.setHeld(false)
        if (this.#target.tool() === state.tool)
          state.tool.pointerUp(this.#target.toPointer(at, input))
        return
      }
      case 'pan':
        if (state.pointerId === pointerId) this.#state = IDLE
        return
      case 'pinch': {
        const other = state.fingers.find((finger) => finger.pointerId !== pointerId)
        if (!other || !state.fingers.some((finger) => finger.pointerId === pointerId)) return
        // The remaining finger keeps panning; it never starts to draw.
        this.#state = {
          kind: 'pan',
          pointerId: other.pointerId,
          pointerKind: 'touch',
          at: other.at,
        }
        return
      }
    }
  }

  /** The system cancelled the pointer (capture lost): its drag is reverted. */
  lose(pointerId: number): void {
    const state = this.#state
    if (state.kind === 'pinch') {
      if (state.fingers.some((finger) => finger.pointerId === pointerId)) this.#leave()
      return
    }
    if (state.kind !== 'idle' && state.pointerId === pointerId) this.#leave()
  }

  /**
   * A finger or pen was held for long. True when it stayed where it pressed: what the press began is dropped, and a
   * menu may open. False when it drags something, or is not the one that pressed.
   */
  hold(pointerId: number): boolean {
    const state = this.#state
    if (state.kind !== 'draw' || state.pointerId !== pointerId || !this.#isSteady) return false
    if (state.pointerKind === 'mouse') return false
    this.#state = IDLE
    this.#target.setHeld(false)
    if (this.#target.tool() === state.tool) state.tool.release()
    return true
  }

  doubleClick(at: Point, modifiers: Modifiers): void {
    if (this.#state.kind === 'idle' && !this.#isSpaceHeld && !this.#target.pansOnPress())
      this.#target.tool().doubleClick(this.#target.toPointer(at, modifiers))
  }

  holdSpace(isHeld: boolean): void {
    this.#isSpaceHeld = isHeld
  }

  /** The window lost focus, or the canvas is unmounted: all keys and pointers count as released. */
  reset(): void {
    this.#isSpaceHeld = false
    this.#leave()
  }

  #draw(input: PointerInput): void {
    const { pointerId, kind, at } = input
    const tool = this.#target.tool()
    this.#state = { kind: 'draw', pointerId, pointerKind: kind, tool }
    this.#lastDrawn = at
    this.#pressedAt = at
    this.#isSteady = true
    this.#target.setHeld(true)
    tool.pointerDown(this.#target.toPointer(at, input))
  }

  #leave(): void {
    const state = this.#state
    this.#state = IDLE
    if (state.kind !== 'draw') return
    this.#target.setHeld(false)
    const isInHand = this.#target.tool() === state.tool
    this.#target.onLost(isInHand && state.tool.release())
  }
}
