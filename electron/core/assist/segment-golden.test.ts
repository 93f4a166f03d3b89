import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import {
  goldenEdgeSam,
  goldenEfficientSam,
  goldenSam1,
  goldenSam1Planar,
  goldenSam2,
} from '#emulator/golden-segment.ts'
import { startForked } from '#hosts/host-node/forked-process.ts'
import { maskIou, polygonsToMask } from '#shared/assist/mask-to-polygon.ts'
import { segmentPairs, segmentPartOf } from '#shared/assist/segment-identify.ts'
import { segmentPicture, segmentView } from '#shared/assist/segment-picture.ts'
import { promptFeeds, type SegmentPrompt } from '#shared/assist/segment-prompt.ts'
import type { Feed } from '#shared/assist/tensor.ts'
import type { Box, PolygonShape, Shape } from '#shared/model/annotation.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Inference } from './inference.ts'

const folder = temporaryFolder()
const silent = () => {}
const inference = new Inference({
  startProcess: startForked,
  log: { info: silent, warn: silent, error: silent },
  threads: 1,
})
afterAll(async () => {
  await inference[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Cells of the models are 10 × 10 of its pixels, or 10 × 7.5 where it is stretched. */
const SIZE = { width: 640, height: 480 }
const RED: Box = { x: 100, y: 90, w: 200, h: 240 }
const BLUE_IN_RED: Box = { x: 160, y: 150, w: 60, h: 90 }
const RED_BESIDE: Box = { x: 400, y: 90, w: 100, h: 120 }

async function pixels(width: number, height: number): Promise<Uint8Array> {
  const layer = (box: Box, background: string) => ({
    input: { create: { width: box.w, height: box.h, channels: 3 as const, background } },
    left: box.x,
    top: box.y,
  })
  const whole = await sharp({ create: { ...SIZE, channels: 3, background: '#404040' } })
    .composite([layer(RED, '#e02020'), layer(BLUE_IN_RED, '#2020e0'), layer(RED_BESIDE, '#e02020')])
    .png()
    .toBuffer()
  return sharp(whole)
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .removeAlpha()
    .raw()
    .toBuffer()
}

const rectangle = ({ x, y, w, h }: Box) => [
  { x, y },
  { x: x + w, y },
  { x: x + w, y: y + h },
  { x, y: y + h },
]
const polygon = (outside: Box, ...holes: Box[]): PolygonShape => ({
  kind: 'polygon',
  rings: [outside, ...holes].map(rectangle),
})

const MODELS = {
  'SAM 1, picture as it is': goldenSam1(),
  'SAM 1, planar': goldenSam1Planar(),
  'SAM 2': goldenSam2('first'),
  'SAM 2, other dialect': goldenSam2('second'),
  EfficientSAM: goldenEfficientSam(),
  EdgeSAM: goldenEdgeSam(),
}

async function segmenter(name: keyof typeof MODELS) {
  const write = (part: 'encoder' | 'decoder') => {
    const file = join(folder.path, `${name}.${part}.onnx`)
    writeFileSync(file, MODELS[name][part])
    return file
  }
  const files = { encoder: write('encoder'), decoder: write('decoder') }
  const encoder = await inference.facts(files.encoder)
  const decoder = await inference.facts(files.decoder)
  const [one, other] = [segmentPartOf(encoder), segmentPartOf(decoder)]
  if (one?.role !== 'encoder' || other?.role !== 'decoder') throw new Error('not recognised')
  const pairs = segmentPairs([{ id: 'e', form: one.form }], [{ id: 'd', form: other.form }])
  expect(pairs).toHaveLength(1)
  const view = segmentView(one.form, encoder, SIZE)
  const picture = await pixels(view.picture.width, view.picture.height)
  const saved = join(folder.path, `${name}.tensors`)
  const outputs = encoder.outputs.map((output) => output.name)
  await inference.run(
    files.encoder,
    { [encoder.inputs[0]?.name ?? '']: segmentPicture(one.form, other.form, view, picture) },
    { outputs: [], save: { file: saved, outputs } },
  )
  const embedding: Record<string, Feed> = Object.fromEntries(
    outputs.map((output) => [output, { kind: 'saved', file: saved, name: output }]),
  )
  return (prompt: Partial<SegmentPrompt>, output: SegmentOutput = 'polygon') => {
    const whole = { positive: [], negative: [], box: null, ...prompt }
    const feeds = promptFeeds(other.form, decoder, whole, { size: SIZE, view, embedding })
    const ask = { form: other.form, view, size: SIZE, output, detail: 'final' } as const
    return inference.segment(files.decoder, feeds, ask)
  }
}

const frame = { x: 0, y: 0, w: SIZE.width, h: SIZE.height }
const iou = (shapes: readonly object[], expected: PolygonShape[]) =>
  maskIou(polygonsToMask(shapes as PolygonShape[], frame), polygonsToMask(expected, frame))

test.each(Object.keys(MODELS) as (keyof typeof MODELS)[])(
  '%s: clicks, boxes and candidates give what can be worked out by hand',
  async (name) => {
    const ask = await segmenter(name)
    const onRed = { x: 110, y: 100 }
    const onBlue = { x: 190, y: 200 }

    const red = await ask({ positive: [onRed] })
    const [best] = red
    expect(best?.shapes).toHaveLength(2)
    expect(best?.shapes[0]).toMatchObject({ rings: [expect.anything(), expect.anything()] })
    expect(
      iou(best?.shapes ?? [], [polygon(RED, BLUE_IN_RED), polygon(RED_BESIDE)]),
    ).toBeGreaterThan(0.97)
    // Ordered by score: the model's first candidate is its best, except where stability counts.
    if (name !== 'EdgeSAM') expect(best?.score).toBeCloseTo(0.9)
    expect(red.map(({ score }) => score)).toEqual(
      red.map(({ score }) => score).toSorted((a, b) => b - a),
    )

    const both = await ask({ positive: [onRed, onBlue] })
    expect(iou(both[0]?.shapes ?? [], [polygon(RED), polygon(RED_BESIDE)])).toBeGreaterThan(0.97)

    const notBlue = await ask({ positive: [onRed], negative: [onBlue] })
    expect(
      iou(notBlue[0]?.shapes ?? [], [polygon(RED, BLUE_IN_RED), polygon(RED_BESIDE)]),
    ).toBeGreaterThan(0.97)

    const box = { x: 340, y: 240, w: 200, h: 120 }
    // The most stable of EdgeSAM's candidates is the one that takes in cells around the box.
    const isNear = ([found]: readonly Shape[]) =>
      found?.kind === 'bbox' &&
      (['x', 'y', 'w', 'h'] as const).every((side) => Math.abs(found[side] - box[side]) <= 10)
    const inBox = await ask({ box }, 'bbox')
    const place = inBox.findIndex(({ shapes }) => isNear(shapes))
    expect(name === 'EdgeSAM' ? place >= 0 : place).toBe(name === 'EdgeSAM' ? true : 0)
    const [turned] = await ask({ box }, 'oriented_box')
    expect(turned?.shapes).toMatchObject([{ kind: 'oriented_box' }])
  },
)
