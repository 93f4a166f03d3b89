import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type WheelInput, WheelMovement } from './wheel.ts'

const wheel = (input: Partial<WheelInput>): WheelInput => ({
  deltaX: 0,
  deltaY: 0,
  deltaMode: 0,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  timeStamp: 0,
  ...input,
})
const next = (input: Partial<WheelInput>, mode: 'auto' | 'zoom' | 'pan' = 'auto') =>
  new WheelMovement().next(wheel(input), mode)

test('a notch zooms the same with Ctrl as without', () => {
  expect(next({ deltaY: 100, ctrlKey: true })).toEqual(next({ deltaY: 100 }))
  expect(next({ deltaY: -100 })).toEqual({ kind: 'zoom', factor: Math.exp(0.15) })
})

test('a pinch on a touchpad zooms by its small steps', () => {
  expect(next({ deltaY: -5, ctrlKey: true })).toEqual({ kind: 'zoom', factor: Math.exp(0.05) })
})

test('what the wheel does is found out from its first event, or is as it was set', () => {
  expect(next({ deltaY: 100 }).kind).toBe('zoom')
  expect(next({ deltaY: 3, deltaMode: 1 }).kind).toBe('zoom')
  expect(next({ deltaX: 3, deltaY: 8 })).toEqual({ kind: 'pan', dx: -3, dy: -8 })
  expect(next({ deltaY: 4.5 }).kind).toBe('pan')
  expect(next({ deltaY: 100 }, 'pan')).toEqual({ kind: 'pan', dx: 0, dy: -100 })
  expect(next({ deltaY: 4.5 }, 'zoom').kind).toBe('zoom')
  expect(next({ deltaY: 100, ctrlKey: true }, 'pan').kind).toBe('zoom')
  expect(next({ deltaY: 100, shiftKey: true })).toEqual({ kind: 'pan', dx: -100, dy: 0 })
})

test('a movement never flips between panning and zooming, however its direction changes', () => {
  const step = fc.record({
    deltaX: fc.integer({ min: -200, max: 200 }),
    deltaY: fc.integer({ min: -200, max: 200 }),
    pauseMs: fc.integer({ min: 0, max: 150 }),
  })
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 2, maxLength: 30 }),
      fc.constantFrom<'auto' | 'zoom' | 'pan'>('auto', 'zoom', 'pan'),
      (steps, mode) => {
        const movement = new WheelMovement()
        let timeStamp = 1_000
        const kinds = steps.map(({ deltaX, deltaY, pauseMs }) => {
          timeStamp += pauseMs
          return movement.next(wheel({ deltaX, deltaY, timeStamp }), mode).kind
        })
        expect(new Set(kinds).size).toBe(1)
      },
    ),
  )
})
