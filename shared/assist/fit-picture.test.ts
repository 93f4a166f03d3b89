import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitInto, toImagePoint, toInputPoint } from './fit-picture.ts'

const side = fc.integer({ min: 1, max: 8_000 })
const size = fc.record({ width: side, height: side })
const kind = fc.constantFrom('letterbox-centre', 'letterbox-corner', 'stretch')

describe('a picture in a model’s input', () => {
  test('a place in the image is found again, whatever the sizes', () => {
    fc.assert(
      fc.property(
        size,
        size,
        kind,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (image, input, how, across, down) => {
          const fit = fitInto(image, input, how)
          const at = { x: across * image.width, y: down * image.height }
          const there = toInputPoint(fit, at)
          const back = toImagePoint(fit, there)
          expect(back.x).toBeCloseTo(at.x, 4)
          expect(back.y).toBeCloseTo(at.y, 4)
          // And it lies in the part of the input that the picture covers.
          expect(there.x).toBeGreaterThanOrEqual(fit.padX - 1e-6)
          expect(there.x).toBeLessThanOrEqual(fit.padX + fit.inner.width + 1e-6)
          expect(there.y).toBeLessThanOrEqual(fit.padY + fit.inner.height + 1e-6)
        },
      ),
    )
  })

  test('a letterbox lies inside the input and touches two of its sides', () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom('letterbox-centre' as const, 'letterbox-corner' as const),
        (image, input, how) => {
          const { inner, padX, padY } = fitInto(image, input, how)
          expect(padX + inner.width).toBeLessThanOrEqual(input.width)
          expect(padY + inner.height).toBeLessThanOrEqual(input.height)
          const spare = Math.min(input.width - inner.width, input.height - inner.height)
          // YOLOX rounds down, so a pixel may be left over.
          expect(spare).toBeLessThanOrEqual(how === 'letterbox-corner' ? 1 : 0)
        },
      ),
    )
  })

  test('as the tools round it', () => {
    const input = { width: 640, height: 640 }
    // Ultralytics: r = 640/1281, 853 → round(426.17) = 426, (640 − 426) / 2 = 107.
    expect(fitInto({ width: 1281, height: 853 }, input, 'letterbox-centre')).toMatchObject({
      inner: { width: 640, height: 426 },
      padX: 0,
      padY: 107,
    })
    // An odd rest: (640 − 427) / 2 = 106.5, of which the top gets 106.
    expect(fitInto({ width: 1280, height: 854 }, input, 'letterbox-centre')).toMatchObject({
      inner: { width: 640, height: 427 },
      padY: 106,
    })
    // YOLOX: int(853 × 640 / 1281) = 426, no pad.
    expect(fitInto({ width: 1281, height: 853 }, input, 'letterbox-corner')).toMatchObject({
      inner: { width: 640, height: 426 },
      padX: 0,
      padY: 0,
    })
    expect(fitInto({ width: 320, height: 1280 }, input, 'stretch')).toMatchObject({
      scaleX: 2,
      scaleY: 0.5,
    })
  })
})
