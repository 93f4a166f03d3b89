import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rasterise } from '#shared/geometry/raster.ts'
import { shapeArea, shapeVertices } from '#shared/geometry/shape.ts'
import type { Shape } from '#shared/model/annotation.ts'
import type { ModelShape } from './segment-identify.ts'
import { type SegmentView, segmentView } from './segment-picture.ts'
import { candidatesOf, promptFeeds } from './segment-prompt.ts'
import { segmentShapes } from './segment-result.ts'

const side = fc.integer({ min: 40, max: 3_000 })
const size = fc.record({ width: side, height: side })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const ENCODER: ModelShape = {
  inputs: [{ name: 'x', type: 'float32', dims: [1, 3, 1024, 1024] }],
  outputs: [],
}
const DECODER: ModelShape = {
  inputs: [
    { name: 'point_coords', type: 'float32', dims: [1, -1, 2] },
    { name: 'point_labels', type: 'float32', dims: [1, -1] },
  ],
  outputs: [],
}

/** The longer side of what is traced. */
const TRACED = { preview: 512, final: 1024 }
/** The side of masks of low resolution. */
const GRID = 256

/** Logits of a square mask: inside a disc, given as a place and a radius in the image. */
function discLogits(
  view: SegmentView,
  image: { width: number; height: number },
  disc: { x: number; y: number; radius: number },
): Float32Array {
  const seen = view.isStretched ? { width: view.side, height: view.side } : view.picture
  const data = new Float32Array(GRID * GRID)
  for (let row = 0; row < GRID; row++)
    for (let column = 0; column < GRID; column++) {
      const x = (((column + 0.5) / GRID) * view.side * image.width) / seen.width
      const y = (((row + 0.5) / GRID) * view.side * image.height) / seen.height
      data[row * GRID + column] = disc.radius - Math.hypot(x - disc.x, y - disc.y)
    }
  return data
}

const isWithin = (shape: Shape, { width, height }: { width: number; height: number }) =>
  shapeVertices(shape).every(
    ({ x, y }) => x >= -1e-6 && y >= -1e-6 && x <= width + 1e-6 && y <= height + 1e-6,
  )

test.each([
  ['sam1', 'sam1-nchw'],
  ['sam2', 'sam2'],
] as const)(
  'a click goes to the model and its mask comes back to the same place: %s',
  (form, encoder) => {
    fc.assert(
      fc.property(size, share, share, (image, across, down) => {
        const view = segmentView(encoder, ENCODER, image)
        const radius = 0.2 * Math.min(image.width, image.height)
        const disc = {
          x: radius + across * (image.width - 2 * radius),
          y: radius + down * (image.height - 2 * radius),
          radius,
        }
        const feeds = promptFeeds(
          form,
          DECODER,
          { positive: [disc], negative: [], box: null },
          { size: image, view, embedding: {} },
        )
        const coords = feeds.point_coords
        if (!('dims' in coords)) throw new Error('No coordinates were made')
        const seen = view.isStretched ? { width: view.side, height: view.side } : view.picture
        // There and back.
        expect((Number(coords.data[0]) * image.width) / seen.width).toBeCloseTo(disc.x, 2)
        expect((Number(coords.data[1]) * image.height) / seen.height).toBeCloseTo(disc.y, 2)
        const candidates = candidatesOf(
          form,
          {
            masks: {
              type: 'float32',
              dims: [1, 1, GRID, GRID],
              data: discLogits(view, image, disc),
            },
            scores: { type: 'float32', dims: [1, 1], data: Float32Array.of(1) },
            isLowRes: true,
          },
          view,
        )
        const [found] = segmentShapes(candidates, image, 'polygon')
        // One cell of the mask covers this many image pixels.
        const cell =
          Math.max(image.width / seen.width, image.height / seen.height) * (view.side / GRID)
        fc.pre(radius > 4 * cell)
        expect(found.shapes).toHaveLength(1)
        const [shape] = found.shapes
        expect(isWithin(shape, image)).toBe(true)
        const middle = shapeVertices(shape).reduce(
          (sum, { x, y }, _, { length }) => ({ x: sum.x + x / length, y: sum.y + y / length }),
          { x: 0, y: 0 },
        )
        expect(Math.hypot(middle.x - disc.x, middle.y - disc.y)).toBeLessThan(0.25 * radius + cell)
        const area = Math.PI * radius * radius
        expect(Math.abs(shapeArea(shape) - area)).toBeLessThan(2 * Math.PI * radius * cell)
      }),
      { numRuns: 30 },
    )
  },
)

test('whatever a mask holds, its shapes lie inside the image and cover its area', () => {
  const rectangle = fc.tuple(share, share, share, share)
  fc.assert(
    fc.property(size, fc.array(rectangle, { minLength: 1, maxLength: 4 }), (image, rectangles) => {
      const grid = { width: 64, height: 64 }
      const rings = rectangles.map(([x, y, w, h]) => {
        const [left, top] = [x * 56, y * 56]
        const [right, bottom] = [left + 8 + w * (56 - left), top + 8 + h * (56 - top)]
        return [
          { x: left, y: top },
          { x: right, y: top },
          { x: right, y: bottom },
          { x: left, y: bottom },
        ]
      })
      const inside = new Uint8Array(64 * 64)
      for (const ring of rings)
        for (const [index, value] of rasterise([ring], 64, 64).data.entries())
          if (value === 1) inside[index] = 1
      const data = Float32Array.from(inside, (value) => (value === 1 ? 8 : -8))
      const candidates = [{ grid: { ...grid, data }, score: 1 }]
      for (const output of ['polygon', 'bbox', 'oriented_box'] as const)
        for (const detail of ['preview', 'final'] as const) {
          const [found] = segmentShapes(candidates, image, output, detail)
          if (output !== 'oriented_box')
            for (const shape of found.shapes) expect(isWithin(shape, image)).toBe(true)
          if (output !== 'polygon') continue
          const cell = (image.width / 64) * (image.height / 64)
          const covered = found.shapes.reduce((sum, shape) => sum + shapeArea(shape), 0)
          const wanted = inside.reduce((sum, value) => sum + value, 0) * cell
          // The border is known to half a pixel of the mask, and to a pixel of what is traced.
          const sides = inside.reduce((sum, value, index) => {
            const isLast = index % 64 === 63
            const beside = !isLast && value !== inside[index + 1] ? 1 : 0
            return sum + beside + (index < 64 * 63 && value !== inside[index + 64] ? 1 : 0)
          }, 0)
          const sideLength = Math.max(image.width, image.height) / 64
          const tracedPixel = Math.max(1, Math.max(image.width, image.height) / TRACED[detail])
          const reach = Math.max(0.5 * sideLength, tracedPixel)
          expect(Math.abs(covered - wanted)).toBeLessThan(
            0.02 * wanted + sides * sideLength * reach,
          )
        }
    }),
    { numRuns: 40 },
  )
})
