import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type WheelInput, type WheelMemory, WheelMovement } from './wheel.ts'

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
/** What was found out about the device, as far as one test goes. */
function memory(known: ReturnType<WheelMemory['read']> = null): WheelMemory {
  let kept = known
  return {
    read: () => kept,
    write: (device) => {
      kept = device
    },
  }
}
const next = (input: Partial<WheelInput>, mode: 'auto' | 'zoom' | 'pan' = 'auto') =>
  new WheelMovement(memory()).next(wheel(input), mode)

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
        const movement = new WheelMovement(memory())
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

/** Movements far apart, each of some events; what each of them did. */
function movements(
  kept: WheelMemory,
  all: readonly (readonly Partial<WheelInput>[])[],
  mode: 'auto' | 'zoom' | 'pan' = 'auto',
): string[] {
  const movement = new WheelMovement(kept)
  let timeStamp = 0
  return all.map((events) => {
    timeStamp += 1_000
    const kinds = events.map((event) => {
      timeStamp += 16
      return movement.next(wheel({ ...event, timeStamp }), mode).kind
    })
    return [...new Set(kinds)].join()
  })
}

test('a touchpad that was found out pans from then on, however fast or straight it scrolls', () => {
  const kept = memory()
  const fast = [{ deltaY: 160 }, { deltaY: 220 }]
  expect(movements(kept, [[{ deltaX: 2, deltaY: 9 }], fast, [{ deltaY: 120 }]])).toEqual([
    'pan',
    'pan',
    'pan',
  ])
  // After a start too.
  expect(movements(kept, [fast])).toEqual(['pan'])
})

test('a wheel that was found out zooms, whatever the size of its steps; tilted it moves sideways', () => {
  const kept = memory()
  expect(movements(kept, [[{ deltaY: 100 }], [{ deltaY: 66.7 }], [{ deltaY: 8 }]])).toEqual([
    'zoom',
    'zoom',
    'zoom',
  ])
  expect(movements(kept, [[{ deltaX: 100 }]])).toEqual(['pan'])
})

test('another device is found out by a whole movement, and never in the middle of one', () => {
  const notches = [{ deltaY: 100 }, { deltaY: 100 }, { deltaY: -100 }]
  expect(movements(memory('touchpad'), [notches, notches])).toEqual(['pan', 'zoom'])
  const diagonal = [{ deltaY: 7 }, { deltaX: 3, deltaY: 7 }]
  expect(movements(memory('wheel'), [diagonal, diagonal])).toEqual(['zoom', 'pan'])
})

test('where the wheel is set to zoom, a slow diagonal never pans in between', () => {
  const slow = [[{ deltaX: 9, deltaY: 3 }], [{ deltaX: 2, deltaY: 8 }], [{ deltaX: 8, deltaY: 8 }]]
  expect(movements(memory(), slow, 'zoom')).toEqual(['zoom', 'zoom', 'zoom'])
})
