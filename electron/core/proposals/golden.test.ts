import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { Inference } from '#core/assist/inference.ts'
import { Models } from '#core/assist/models.ts'
import { GOLDEN_DETECTORS } from '#emulator/golden-detect.ts'
import { startForked } from '#hosts/host-node/forked-process.ts'
import { detectionsOf } from '#shared/assist/detect-result.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { detectImage } from './detect-image.ts'
import { detectModels } from './detect-models.ts'

/** A picture of one colour, 128 × 64, stored as a camera held upright stores it: turned by a quarter. */
const SIZE = { width: 128, height: 64 }
const RED = { r: 255, g: 51, b: 0 }

const silent = () => {}
const inference = new Inference({
  startProcess: startForked,
  log: { info: silent, warn: silent, error: silent },
  threads: 1,
})
const folder = temporaryFolder()
afterAll(async () => {
  await inference[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
for (const [name, make] of Object.entries(GOLDEN_DETECTORS))
  writeFileSync(join(folder.path, `${name}.onnx`), make())
const models = detectModels(
  new Models({
    folder: folder.path,
    inference: { interactive: inference, background: inference },
    onChange: silent,
  }),
)

async function found(name: string) {
  const picture = join(folder.path, 'turned.png')
  await sharp({
    create: { width: SIZE.height, height: SIZE.width, channels: 3, background: RED },
  })
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(picture)
  const model = await models.get(`${name}.onnx`)
  if (!model.detector) throw new Error(model.problem)
  const deps = {
    run: inference.run.bind(inference),
    decode: async (order: Parameters<typeof decode>[0]) => decode(order),
  }
  const detections = await detectImage(
    deps,
    model,
    { file: picture, size: SIZE },
    new AbortController().signal,
  )
  return { model, detections }
}
const decode = ({ detector, outputs, fit, size }: import('./detect-threads.ts').DetectOrder) =>
  detectionsOf(detector, outputs, fit, size)

/** By hand: half of the letterbox is the picture, whose red − blue is 1, and grey has none. */
const LETTERBOXED = 0.5
const sure = (value: number) => expect.closeTo(value, 2)
/** A number within a hundredth of a pixel. */
const near = (value: number) => expect.closeTo(value, 2)
const box = (x: number, y: number, w: number, h: number) => ({
  kind: 'bbox',
  x: near(x),
  y: near(y),
  w: near(w),
  h: near(h),
})
const oriented = {
  kind: 'oriented_box',
  cx: near(64),
  cy: near(32),
  w: near(32),
  h: near(16),
  angleDeg: near(30),
}
/** The cells 6..9 of 16, four input pixels each, out of the letterbox: (24 − 0) × 2 and (24 − 16) × 2. */
const CUT_OUT = [48, 16, 80, 48]
/** A stretched input: x as before, y as it is. */
const STRETCHED = [48, 24, 80, 40]

/** Bounds of the first detection's shape. */
function bounds(shape: unknown): number[] {
  const { rings } = shape as { rings: { x: number; y: number }[][] }
  const [xs, ys] = [rings[0].map(({ x }) => x), rings[0].map(({ y }) => y)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

describe('each form that exporters write, run as a model file', () => {
  const plain: [string, string, number, unknown][] = [
    ['yolo-boxes', 'car', 0.3 + LETTERBOXED, box(48, 24, 32, 16)],
    ['yolo-oriented', 'car', 0.3 + LETTERBOXED, oriented],
    ['yolo26-boxes', 'dog', 0.3 + LETTERBOXED, box(48, 24, 32, 16)],
    ['yolo26-oriented', 'dog', 0.3 + LETTERBOXED, oriented],
    // Stretched: all of the input is the picture, red − blue is 1.
    ['rtdetr-ultralytics', 'car', 0.8, box(48, 16, 32, 32)],
    ['rtdetrv2', 'bicycle', 0.2 + 1, box(48, 28, 32, 8)],
    ['dfine', 'bicycle', 0.2 + LETTERBOXED, box(48, 24, 32, 16)],
    // (0.3 + 0.5) × 0.75; its letterbox begins in the corner.
    ['yolox', 'class 1', 0.8 * 0.75, box(8, 8, 32, 32)],
    // (255 − 123.675) / 58.395 + 103.53 / 57.375 = 4.0533; sigmoid(0.0533).
    ['rfdetr-boxes', 'class 0', 0.5133, box(48, 16, 32, 32)],
  ]
  test.each(plain)('%s', async (name, className, confidence, shape) => {
    const { detections } = await found(name)
    expect(detections[0]).toEqual({
      className,
      confidence: sure(Math.min(1, confidence)),
      shape,
      keypoints: [],
    })
    // The overlapping second object is gone; the other class stays.
    expect(detections).toHaveLength(name === 'yolo-boxes' ? 2 : 1)
  })

  test.each([
    ['yolo-segments', 'car', 0.8, CUT_OUT],
    ['yolo26-segments', 'dog', 0.8, CUT_OUT],
    ['rfdetr-segments', 'class 0', 0.5133, STRETCHED],
    // softmax(2, 0).
    ['semantic', 'road', 1 / (1 + Math.exp(-2)), STRETCHED],
  ])('%s', async (name, className, confidence, edges) => {
    const { detections } = await found(name)
    expect(detections).toHaveLength(1)
    const [{ shape, ...about }] = detections
    expect(about).toEqual({ className, confidence: sure(confidence), keypoints: [] })
    expect(bounds(shape)).toEqual(edges.map((edge) => expect.closeTo(edge, 0)))
  })

  test.each(['yolo-poses', 'yolo26-poses'])('%s', async (name) => {
    const { detections } = await found(name)
    expect(detections).toHaveLength(1)
    expect(detections[0]).toMatchObject({
      className: 'person',
      confidence: sure(0.8),
      shape: box(48, 24, 32, 16),
    })
    // The seventeenth is not seen. (20 × 2, (30 − 16) × 2) is the nose.
    expect(detections[0].keypoints).toHaveLength(16)
    expect(detections[0].keypoints[0]).toEqual({
      name: 'nose',
      index: 0,
      x: near(40),
      y: near(28),
      confidence: sure(0.9),
    })
  })

  test('rfdetr-poses', async () => {
    const { detections } = await found('rfdetr-poses')
    expect(detections[0].keypoints).toEqual([
      { name: 'joint 1', index: 0, x: near(64), y: near(16), confidence: sure(0.9526) },
    ])
  })

  test('each says what it was taken for and why', async () => {
    for (const model of await models.list()) {
      expect(model.problem).toBeNull()
      expect(model.detector?.why.length).toBeGreaterThan(20)
    }
  })
})
