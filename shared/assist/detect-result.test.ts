import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { OutputError, type Outputs } from './detect-decode.ts'
import { identifyDetector, type ModelHints } from './detect-identify.ts'
import { detectionsOf, maskOf } from './detect-result.ts'
import type { Detector } from './detector.ts'
import { fitInto } from './fit-picture.ts'
import type { Tensor } from './tensor.ts'

/** An input of 64 × 64 has 84 cells in grids of 8, 16 and 32 pixels. */
const SIDE = 64
const CELLS = 84
/** 128 × 64: letterboxed by half, with 16 pixels of grey above and below. */
const IMAGE = { width: 128, height: 64 }

function tensor(dims: readonly number[], values: Iterable<readonly [number, number]> = []): Tensor {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
  for (const [index, value] of values) data[index] = value
  return { type: 'float32', dims, data }
}
const rows = (width: number, ...given: readonly (readonly number[])[]) =>
  tensor(
    [1, given.length, width],
    given.flatMap((row, index) => row.map((value, at) => [index * width + at, value] as const)),
  )
/** The same with objects as columns, among `CELLS` of them. */
const columns = (height: number, ...given: readonly (readonly number[])[]) =>
  tensor(
    [1, height, CELLS],
    given.flatMap((column, index) =>
      column.map((value, at) => [at * CELLS + index, value] as const),
    ),
  )

function detectorFor(
  outputs: Outputs,
  metadata: Record<string, string> = {},
  hints: ModelHints = {},
  inputs: Record<string, number[]> = { images: [1, 3, SIDE, SIDE] },
): Detector {
  const facts = (all: Record<string, { dims: readonly number[] }>) =>
    Object.entries(all).map(([name, { dims }]) => ({ name, dims, type: 'float32' as const }))
  const identified = identifyDetector(
    {
      inputs: Object.entries(inputs).map(([name, dims]) => ({ name, dims, type: 'float32' })),
      outputs: facts(outputs),
      metadata,
    },
    hints,
  )
  if ('problem' in identified) throw new Error(identified.problem)
  return identified.detector
}

const detect = (detector: Detector, outputs: Outputs, size = IMAGE) =>
  detectionsOf(detector, outputs, fitInto(size, detector.input, detector.input.fit), size)

const names = "{0: 'car', 1: 'dog'}"

describe('what a model’s outputs mean in the image', () => {
  test('Ultralytics boxes: out of the letterbox, overlaps gone class by class, the weak left out', () => {
    const outputs = {
      output0: columns(
        6,
        [32, 32, 16, 8, 0.9, 0.2],
        [33, 32, 16, 8, 0.8, 0],
        [32, 32, 16, 8, 0.1, 0.6],
        [10, 30, 4, 4, 0.05, 0],
      ),
    }
    const detector = detectorFor(outputs, { task: 'detect', names })
    // x: 24 → 48; y: (28 − 16) × 2 = 24; twice the size.
    const shape = { kind: 'bbox', x: 48, y: 24, w: 32, h: 16 }
    expect(detect(detector, outputs)).toEqual([
      { className: 'car', confidence: expect.closeTo(0.9), shape, keypoints: [] },
      { className: 'dog', confidence: expect.closeTo(0.6), shape, keypoints: [] },
    ])
  })

  test('Ultralytics segments: prototypes weighed by coefficients, cut by the box, with a hole', () => {
    // Of 16 × 16 cells of 4 pixels: prototype 0 is 1 in cells 4..11 but −1 in the hole 7..8; prototype 1 is nothing.
    const output1 = tensor(
      [1, 32, 16, 16],
      Array.from({ length: 256 }, (_, cell) => {
        const [x, y] = [cell % 16, Math.floor(cell / 16)]
        const isIn = (from: number, to: number) => x >= from && x <= to && y >= from && y <= to
        return [cell, isIn(4, 11) && !isIn(7, 8) ? 1 : -1] as const
      }),
    )
    const output0 = columns(38, [32, 32, 48, 48, 0.9, 0, 2])
    const detector = detectorFor({ output0, output1 }, { task: 'segment', names })
    const square = { width: 64, height: 64 }
    const [one, ...others] = detect(detector, { output0, output1 }, square)
    expect(others).toEqual([])
    if (one?.shape.kind !== 'polygon') throw new Error('no polygon')
    const [outside, hole] = one.shape.rings
    const bounds = shapeBounds({ kind: 'polygon', rings: [outside] })
    expect(bounds).toEqual({ x: 16, y: 16, w: 32, h: 32 })
    expect(shapeBounds({ kind: 'polygon', rings: [hole] })).toEqual({ x: 28, y: 28, w: 8, h: 8 })
  })

  test('a mask that reaches beyond its box is cut', () => {
    const output1 = tensor(
      [1, 32, 16, 16],
      Array.from({ length: 256 }, (_, cell) => [cell, 1] as const),
    )
    const output0 = columns(38, [32, 32, 16, 16, 0.9, 0, 2])
    const detector = detectorFor({ output0, output1 }, { task: 'segment', names })
    const [one] = detect(detector, { output0, output1 }, { width: 64, height: 64 })
    expect(shapeBounds(one.shape)).toEqual({ x: 24, y: 24, w: 16, h: 16 })
  })

  test('Ultralytics poses: joints that the model sees, by COCO’s names where there are 17', () => {
    const joints = Array.from({ length: 17 }, (_, index) => [
      index * 2,
      20,
      index === 1 ? 0.4 : 0.8,
    ])
    const output0 = columns(56, [32, 32, 16, 8, 0.9, ...joints.flat()])
    const detector = detectorFor(
      { output0 },
      { task: 'pose', names: "{0: 'person'}", kpt_shape: '[17, 3]' },
    )
    const [one] = detect(detector, { output0 })
    expect(one.keypoints).toHaveLength(16)
    expect(one.keypoints[1]).toEqual({
      name: 'right_eye',
      index: 2,
      x: 8,
      y: 8,
      confidence: expect.closeTo(0.8),
    })
  })

  test('Ultralytics turned boxes: radians clockwise, suppressed by their real overlap', () => {
    const output0 = columns(
      7,
      [32, 32, 20, 4, 0.9, 0, Math.PI / 4],
      // The same bounds, turned the other way: another object.
      [32, 32, 20, 4, 0.8, 0, -Math.PI / 4],
      [32, 32, 20, 5, 0.7, 0, Math.PI / 4],
    )
    const detector = detectorFor({ output0 }, { task: 'obb', names })
    const found = detect(detector, { output0 })
    expect(found.map(({ shape }) => shape)).toEqual([
      { kind: 'oriented_box', cx: 64, cy: 32, w: 40, h: 8, angleDeg: expect.closeTo(45, 3) },
      { kind: 'oriented_box', cx: 64, cy: 32, w: 40, h: 8, angleDeg: expect.closeTo(315, 3) },
    ])
  })

  test.each([
    ['detect', [24, 28, 40, 36, 0.9, 1], { kind: 'bbox', x: 48, y: 24, w: 32, h: 16 }],
    [
      'obb',
      [32, 32, 16, 8, 0.9, 1, Math.PI / 2],
      { kind: 'oriented_box', cx: 64, cy: 32, w: 32, h: 16, angleDeg: expect.closeTo(90, 3) },
    ],
  ])('Ultralytics without overlaps, %s: corners or centre, score and class', (task, row, shape) => {
    const output0 = rows(
      row.length,
      row,
      row.map(() => 0),
    )
    const detector = detectorFor({ output0 }, { task, names, end2end: 'True' })
    expect(detect(detector, { output0 })).toEqual([
      { className: 'dog', confidence: expect.closeTo(0.9), shape, keypoints: [] },
    ])
  })

  test('RT-DETR by Ultralytics: shares of a stretched input', () => {
    const output0 = rows(6, [0.5, 0.5, 0.25, 0.5, 0.1, 0.7])
    const detector = detectorFor(
      { output0 },
      { task: 'detect', names, description: 'Ultralytics rtdetr-l model' },
    )
    expect(detect(detector, { output0 })).toEqual([
      {
        className: 'dog',
        confidence: expect.closeTo(0.7),
        shape: { kind: 'bbox', x: 48, y: 16, w: 32, h: 32 },
        keypoints: [],
      },
    ])
  })

  test.each([
    ['rtdetrv2.onnx', { kind: 'bbox', x: 48, y: 28, w: 32, h: 8 }],
    ['dfine_n.onnx', { kind: 'bbox', x: 48, y: 24, w: 32, h: 16 }],
  ])('labels, corners and scores of %s', (fileName, shape) => {
    const outputs = {
      labels: { type: 'int64', dims: [1, 2], data: BigInt64Array.of(1n, 0n) },
      boxes: rows(4, [24, 28, 40, 36], [0, 0, 9, 9]),
      scores: tensor([1, 2], [[0, 0.8]]),
    } satisfies Outputs
    const detector = detectorFor(
      outputs,
      {},
      { fileName, classes: ['car', 'dog'] },
      {
        images: [1, 3, SIDE, SIDE],
        orig_target_sizes: [1, 2],
      },
    )
    expect(detect(detector, outputs)).toEqual([
      { className: 'dog', confidence: expect.closeTo(0.8), shape, keypoints: [] },
    ])
  })

  test('RF-DETR: sigmoid of logits without the background, masks by their logits, keypoints', () => {
    const dets = rows(4, [0.5, 0.5, 0.25, 0.5], [0.1, 0.1, 0.1, 0.1])
    // The second object is the background.
    const labels = rows(3, [-3, 0, 5], [-5, -5, 9])
    const plain = detectorFor({ dets, labels })
    expect(plain.task).toBe('boxes')
    expect(detect(plain, { dets, labels })).toEqual([
      {
        className: 'class 1',
        confidence: 0.5,
        shape: { kind: 'bbox', x: 48, y: 16, w: 32, h: 32 },
        keypoints: [],
      },
    ])
    const masks = tensor(
      [1, 2, 16, 16],
      Array.from({ length: 256 }, (_, cell) => {
        const [x, y] = [cell % 16, Math.floor(cell / 16)]
        return [cell, x >= 6 && x < 10 && y >= 4 && y < 12 ? 4 : -4] as const
      }),
    )
    const segments = { dets, labels, masks }
    const [one] = detect(detectorFor(segments), segments)
    expect(one.shape.kind).toBe('polygon')
    expect(shapeBounds(one.shape)).toEqual({ x: 48, y: 16, w: 32, h: 32 })
    const keypoints = tensor(
      [1, 2, 2, 3],
      [
        [0, 0.5],
        [1, 0.25],
        [2, 3],
        [5, -3],
      ],
    )
    const poses = { dets, labels, keypoints }
    const [pose] = detect(detectorFor(poses), poses)
    expect(pose.keypoints).toEqual([
      {
        name: 'joint 1',
        index: 0,
        x: 64,
        y: 16,
        confidence: expect.closeTo(1 / (1 + Math.exp(-3)), 3),
      },
    ])
  })

  test('YOLOX: offsets on grids, the exponent of sizes, objectness times class', () => {
    // Cell 9 of the first grid of 8 × 8 is (1, 1): centre (1 + 0.5) × 8 = 12, side 8 × e^ln2 = 16.
    const row = [0.5, 0.5, Math.log(2), Math.log(2), 0.8, 0.2, 0.9]
    const output = rows(7, ...Array.from({ length: CELLS }, (_, cell) => (cell === 9 ? row : [])))
    const detector = detectorFor({ output })
    expect(detector.family).toBe('yolox')
    expect(detect(detector, { output })).toEqual([
      {
        className: 'class 1',
        confidence: expect.closeTo(0.72),
        // The letterbox begins in the corner: (12 ± 8) × 2.
        shape: {
          kind: 'bbox',
          x: expect.closeTo(8),
          y: expect.closeTo(8),
          w: expect.closeTo(32),
          h: expect.closeTo(32),
        },
        keypoints: [],
      },
    ])
  })

  test.each([
    ['probabilities', 0.9, 0.1, 0.9],
    ['logits', 3, -3, 1 / (1 + Math.exp(-3 - 3))],
  ])(
    'a map of classes as %s: a region each, as sure as the mean of its cells',
    (_, high, low, sure) => {
      // Two regions of class 1 in 16 × 16 cells of 4 pixels, one of them a speck.
      const isIn = (cell: number) => {
        const [x, y] = [cell % 16, Math.floor(cell / 16)]
        return (x >= 2 && x < 6 && y >= 4 && y < 8) || (x === 12 && y === 12)
      }
      const map = tensor(
        [1, 2, 16, 16],
        Array.from({ length: 256 }, (__, cell) => cell).flatMap((cell) => [
          [cell, isIn(cell) ? low : high] as const,
          [256 + cell, isIn(cell) ? high : low] as const,
        ]),
      )
      const detector = detectorFor({ map }, {}, { classes: ['background', 'road'] })
      const found = detect(detector, { map })
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ className: 'road', confidence: expect.closeTo(sure) })
      expect(shapeBounds(found[0].shape)).toEqual({ x: 16, y: 16, w: 32, h: 16 })
    },
  )

  test('what lies in the grey beside the picture is none, and nothing reaches beyond the image', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -40, max: 100, noNaN: true }),
            fc.double({ min: -40, max: 100, noNaN: true }),
            fc.double({ min: -5, max: 90, noNaN: true }),
            fc.double({ min: -5, max: 90, noNaN: true }),
          ),
          { minLength: 1, maxLength: 20 },
        ),
        (boxes) => {
          const output0 = columns(6, ...boxes.map((box) => [...box, 0.9, 0]))
          const detector = detectorFor({ output0 }, { task: 'detect', names })
          for (const { shape } of detect(detector, { output0 })) {
            const { x, y, w, h } = shapeBounds(shape)
            expect(w).toBeGreaterThan(0)
            expect(h).toBeGreaterThan(0)
            expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
            expect(x + w).toBeLessThanOrEqual(IMAGE.width + 1e-6)
            expect(y + h).toBeLessThanOrEqual(IMAGE.height + 1e-6)
          }
        },
      ),
    )
  })

  test('numbers that are none, and answers of another form', () => {
    const output0 = columns(6, [Number.NaN, 32, 16, 8, 0.9, 0], [32, 32, 16, 8, Number.NaN, 0])
    const detector = detectorFor({ output0 }, { task: 'detect', names })
    expect(detect(detector, { output0 })).toEqual([])
    expect(() => detect(detector, {})).toThrow(OutputError)
    expect(() => detect(detector, { output0: tensor([1, 6]) })).toThrow('not the form')
    expect(() => detect(detector, { output0: tensor([1, 5, CELLS]) })).toThrow('5 values')
  })
})

test('a mask is interpolated between the centres of its scores', () => {
  const scores = Float32Array.of(-1, 3)
  const mask = maskOf(
    { size: { width: 2, height: 1 }, scores, left: 0, top: 0, cellWidth: 4, cellHeight: 4 },
    4,
  )
  // It crosses 0 a quarter of the way between the centres at 2 and 6: at 3.
  expect([...mask.data.subarray(0, 8)]).toEqual([0, 0, 0, 1, 1, 1, 1, 1])
})
