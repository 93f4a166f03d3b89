import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Pointer } from '#renderer/tools/tool.ts'
import type { Point } from '#shared/model/annotation.ts'
import { InputMachine, type InputTarget, type PointerInput } from './input-machine.ts'

/** A tool that fails the test when it sees the end of a press without its beginning, or two beginnings. */
class StrictTool {
  isPressed = false
  readonly log: string[] = []

  pointerDown({ at }: Pointer): void {
    expect(this.isPressed).toBe(false)
    this.isPressed = true
    this.log.push(`down ${at.x},${at.y}`)
  }
  pointerMove({ at }: Pointer, held: boolean): void {
    expect(held).toBe(this.isPressed)
    if (held) this.log.push(`drag ${at.x},${at.y}`)
  }
  pointerUp({ at }: Pointer): void {
    expect(this.isPressed).toBe(true)
    this.isPressed = false
    this.log.push(`up ${at.x},${at.y}`)
  }
  doubleClick(): void {
    expect(this.isPressed).toBe(false)
    this.log.push('double')
  }
  release(): boolean {
    expect(this.isPressed).toBe(true)
    this.isPressed = false
    this.log.push('release')
    return true
  }
}

function setUp() {
  let tool = new StrictTool()
  const view = { x: 0, y: 0, scale: 1 }
  const state = { isHeld: false, pans: false, lost: 0 }
  const target: InputTarget = {
    tool: () => tool,
    pansOnPress: () => state.pans,
    toPointer: (at, { shift, alt, mod }) => ({ at, pixel: 1, shift, alt, mod }),
    panBy: (dx, dy) => {
      view.x += dx
      view.y += dy
    },
    zoomBy: (factor) => {
      view.scale *= factor
    },
    setHeld: (isHeld) => {
      state.isHeld = isHeld
    },
    onLost: (hadEffect) => {
      if (hadEffect) state.lost++
    },
  }
  return {
    machine: new InputMachine(target),
    view,
    state,
    tool: () => tool,
    /** Another tool is chosen; the old one is told nothing more. */
    changeTool: () => {
      tool = new StrictTool()
      return tool
    },
  }
}

const input = (
  pointerId: number,
  at: Point,
  { kind = 'mouse', button = 0, isDown = true }: Partial<PointerInput> = {},
): PointerInput => ({
  pointerId,
  kind,
  at,
  button,
  isDown,
  shift: false,
  alt: false,
  mod: false,
})
const touch = (pointerId: number, x: number, y = 0) => input(pointerId, { x, y }, { kind: 'touch' })

test('a second finger takes back what the first began, and both move and zoom the view', () => {
  const { machine, tool, view, state } = setUp()
  machine.press(touch(1, 0))
  machine.press(touch(2, 100))
  expect(tool().log).toEqual(['down 0,0', 'release'])
  expect(state).toMatchObject({ isHeld: false, lost: 1 })
  machine.move([touch(2, 200)])
  expect(view).toEqual({ x: 50, y: 0, scale: 2 })
  machine.lift(touch(2, 200))
  machine.move([touch(1, 10)])
  expect(view.x).toBe(60)
  machine.lift(touch(1, 10))
  expect(machine.state.kind).toBe('idle')
  expect(tool().log).toEqual(['down 0,0', 'release'])
})

test('while a pen draws, a palm and the mouse change nothing', () => {
  const { machine, tool, view } = setUp()
  machine.press(input(1, { x: 0, y: 0 }, { kind: 'pen' }))
  expect(machine.press(touch(2, 50))).toBe(false)
  expect(machine.press(input(3, { x: 5, y: 5 }))).toBe(false)
  machine.move([touch(2, 60)])
  machine.move([input(3, { x: 9, y: 9 }, { isDown: false })])
  machine.lift(touch(2, 60))
  machine.move([input(1, { x: 7, y: 7 }, { kind: 'pen' })])
  machine.lift(input(1, { x: 8, y: 8 }, { kind: 'pen', isDown: false }))
  expect(tool().log).toEqual(['down 0,0', 'drag 7,7', 'up 8,8'])
  expect(view).toEqual({ x: 0, y: 0, scale: 1 })
})

test('Space that was let go over another window is not held afterwards', () => {
  const { machine, tool } = setUp()
  machine.holdSpace(true)
  machine.reset()
  machine.press(input(1, { x: 1, y: 1 }))
  expect(machine.state.kind).toBe('draw')
  expect(tool().log).toEqual(['down 1,1'])
})

test('a button that was let go outside ends the press when the pointer comes back', () => {
  const { machine, tool, state } = setUp()
  machine.press(input(1, { x: 1, y: 1 }))
  machine.move([input(1, { x: 5, y: 5 }, { isDown: false })])
  expect(tool().log).toEqual(['down 1,1', 'release'])
  expect(state.isHeld).toBe(false)
})

test('a tool that was chosen in the middle of a press does not get its end', () => {
  const { machine, changeTool, state } = setUp()
  machine.press(input(1, { x: 1, y: 1 }))
  const next = changeTool()
  machine.move([input(1, { x: 2, y: 2 })])
  machine.lift(input(1, { x: 2, y: 2 }, { isDown: false }))
  expect(next.log).toEqual([])
  expect(state.isHeld).toBe(false)
})

test('a finger that is held where it pressed drops the press for a menu; one that drags, and a mouse, do not', () => {
  const { machine, tool, state } = setUp()
  machine.press(touch(1, 10))
  machine.move([touch(1, 13)])
  expect(machine.hold(1)).toBe(true)
  expect(tool().log).toEqual(['down 10,0', 'drag 13,0', 'release'])
  expect(state).toMatchObject({ isHeld: false, lost: 0 })
  machine.move([touch(1, 60)].map((each) => ({ ...each, isDown: false })))
  machine.lift(touch(1, 60))
  expect(machine.state.kind).toBe('idle')
  machine.press(touch(1, 10))
  machine.move([touch(1, 40)])
  // Back where it was: it has dragged all the same.
  machine.move([touch(1, 10)])
  expect(machine.hold(1)).toBe(false)
  expect(machine.hold(2)).toBe(false)
  machine.lift(touch(1, 10))
  expect(machine.hold(1)).toBe(false)
  machine.press(input(4, { x: 1, y: 1 }))
  expect(machine.hold(4)).toBe(false)
})

const id = fc.integer({ min: 1, max: 3 })
const at = fc.record({
  x: fc.integer({ min: -50, max: 500 }),
  y: fc.integer({ min: -50, max: 500 }),
})
/** A pointer keeps its kind: 1 is the mouse, 2 and 3 fingers; a pen now and then takes the place of the mouse. */
const anyInput = fc
  .record({
    id,
    at,
    button: fc.constantFrom(0, 0, 0, 1, 2),
    isDown: fc.boolean(),
    pen: fc.boolean(),
  })
  .map(({ id, at, button, isDown, pen }) =>
    input(pen && id === 1 ? 4 : id, at, {
      kind: id > 1 ? 'touch' : pen ? 'pen' : 'mouse',
      button,
      isDown,
    }),
  )
const event = fc.oneof(
  anyInput.map((value) => ({ kind: 'press' as const, value })),
  fc
    .array(anyInput, { minLength: 1, maxLength: 3 })
    .map((value) => ({ kind: 'move' as const, value })),
  anyInput.map((value) => ({ kind: 'lift' as const, value })),
  id.map((value) => ({ kind: 'lose' as const, value })),
  at.map((value) => ({ kind: 'double' as const, value })),
  fc.boolean().map((value) => ({ kind: 'space' as const, value })),
  fc.boolean().map((value) => ({ kind: 'panTool' as const, value })),
  fc.constant({ kind: 'changeTool' as const }),
  fc.constant({ kind: 'blur' as const }),
  id.map((value) => ({ kind: 'hold' as const, value })),
)

test('whatever pointers and keys do: one press at a time, no end without a beginning, and nothing stays held', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { machine, view, state, changeTool } = setUp()
      for (const each of events) {
        switch (each.kind) {
          case 'press':
            machine.press(each.value)
            break
          case 'move':
            machine.move(each.value)
            break
          case 'lift':
            machine.lift({ ...each.value, isDown: false })
            break
          case 'hold':
            if (machine.hold(each.value)) expect(machine.state.kind).toBe('idle')
            break
          case 'lose':
            machine.lose(each.value)
            break
          case 'double':
            machine.doubleClick(each.value, { shift: false, alt: false, mod: false })
            break
          case 'space':
            machine.holdSpace(each.value)
            break
          case 'panTool':
            state.pans = each.value
            break
          case 'changeTool':
            changeTool()
            break
          case 'blur':
            machine.reset()
            expect(machine.state.kind).toBe('idle')
            expect(machine.isSpaceHeld).toBe(false)
        }
        expect(state.isHeld).toBe(machine.state.kind === 'draw')
        expect(Number.isFinite(view.x + view.y + view.scale) && view.scale > 0).toBe(true)
      }
      // However it stands: once all that can be held was let go, the next press draws.
      for (const pointerId of [1, 2, 3, 4]) machine.lose(pointerId)
      machine.holdSpace(false)
      state.pans = false
      expect(machine.state.kind).toBe('idle')
      const tool = changeTool()
      machine.press(input(1, { x: 3, y: 3 }))
      machine.lift(input(1, { x: 4, y: 4 }, { isDown: false }))
      expect(tool.log).toEqual(['down 3,3', 'up 4,4'])
    }),
    { numRuns: 500 },
  )
})
