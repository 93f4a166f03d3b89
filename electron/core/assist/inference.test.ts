import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  countingModel,
  endlessModel,
  externalModel,
  hungryModel,
  liarModel,
} from '#emulator/odd-models.ts'
import { FLOAT16, input, message, model, node, output } from '#emulator/onnx-writer.ts'
import { TINY_SIDE, tinyDetector } from '#emulator/tiny-onnx.ts'
import { startForked } from '#hosts/host-node/forked-process.ts'
import type { PictureFeed, Tensor } from '#shared/assist/tensor.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Inference } from './inference.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

function modelFile(name: string, content: Uint8Array): string {
  const file = join(folder.path, `${name}.onnx`)
  writeFileSync(file, content)
  return file
}
const tiny = modelFile('tiny', tinyDetector())
const counts = modelFile('counts', countingModel(10n))

const silent = () => {}
function start(options: Partial<ConstructorParameters<typeof Inference>[0]> = {}): Inference {
  const log = { info: silent, warn: silent, error: silent }
  return new Inference({ startProcess: startForked, log, threads: 1, ...options })
}
const floats = (...values: number[]): Tensor => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
})
const longs = (...values: bigint[]): Tensor => ({
  type: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values),
})

/** Red on the left half, black on the right. */
function picture(): PictureFeed {
  const pixels = new Uint8Array(TINY_SIDE * TINY_SIDE * 3)
  for (let at = 0; at < TINY_SIDE * TINY_SIDE; at++)
    if (at % TINY_SIDE < TINY_SIDE / 2) pixels.set([255, 255, 250], at * 3)
  return {
    kind: 'picture',
    pixels,
    width: TINY_SIDE,
    height: TINY_SIDE,
    canvas: { width: TINY_SIDE, height: TINY_SIDE, x: 0, y: 0 },
    fill: { before: 114 },
    layout: 'nchw',
    order: 'bgr',
    mean: [0, 0, 0],
    deviation: [1, 1, 1],
  }
}

test.each(['native', 'web'] as const)(
  'a model is loaded and run by the %s runtime',
  async (runtime) => {
    await using inference = start({ runtime })
    expect(await inference.load(tiny)).toMatchObject({
      runtime,
      inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 64, 64] }],
      outputs: [{ name: 'output', type: 'float32', dims: [1, 84, 7] }],
    })
    const { output } = await inference.run(tiny, { images: picture() })
    expect(output?.dims).toEqual([1, 84, 7])
    // Row by row, eight cells of eight pixels: the first four are bright.
    const objectness = Array.from({ length: 8 }, (_, cell) => Number(output?.data[cell * 7 + 4]))
    expect(objectness.map((value) => value > 0.5)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  },
)

test('halves come and go as floats', async () => {
  const halves = modelFile(
    'halves',
    model(
      message(node('Add', ['x', 'x'], 'y'), input('x', [2], FLOAT16), output('y', [2], FLOAT16)),
    ),
  )
  await using inference = start()
  expect(await inference.run(halves, { x: floats(1.5, -2) })).toEqual({ y: floats(3, -4) })
})

test('outputs are kept in a file and fed from there, by another process too', async () => {
  const file = join(folder.path, 'kept.tensors')
  {
    await using inference = start()
    const save = { file, outputs: ['y'] }
    expect(await inference.run(counts, { x: floats(1) }, { outputs: [], save })).toEqual({})
  }
  await using inference = start()
  const x = { kind: 'saved', file, name: 'y' } as const
  expect(await inference.run(counts, { x })).toEqual({ y: floats(21) })
})

/** Long enough to be killed in the middle, and short enough to be done again. */
const slow = modelFile('slow', countingModel(300_000n))

async function killWhenBusy(
  inference: Inference,
  isAnother = (_pid: number) => true,
): Promise<number> {
  const pid = await expect
    .poll(() => (inference.pid !== null && isAnother(inference.pid) ? inference.pid : null))
    .not.toBeNull()
    .then(() => inference.pid ?? 0)
  process.kill(pid, 'SIGKILL')
  return pid
}

test('killed in the middle, an order is done again by a new process, and that is said', async () => {
  const said: string[] = []
  await using inference = start({ onRestart: (words) => said.push(words) })
  await inference.run(counts, { x: floats(0) })
  const answers = Promise.all([
    inference.run(slow, { x: floats(0) }),
    inference.run(counts, { x: floats(5) }),
  ])
  await killWhenBusy(inference)
  const [first, second] = await answers
  expect([first.y?.data[0], second.y?.data[0], said.length]).toEqual([300_000, 15, 1])
})

test('killed twice in the middle, the order is rejected by name, and others go on', async () => {
  await using inference = start()
  await inference.run(counts, { x: floats(0) })
  const endless = modelFile('killed', endlessModel())
  const outcome = expect(inference.run(endless, { x: floats(0) })).rejects.toMatchObject({
    reason: 'model_crashed',
    message: expect.stringContaining(endless),
  })
  const other = inference.run(counts, { x: floats(5) })
  const first = await killWhenBusy(inference)
  await killWhenBusy(inference, (pid) => pid !== first)
  await outcome
  expect((await other).y?.data[0]).toBe(15)
})

test('a model that does not answer is ended, and others go on', async () => {
  await using inference = start()
  const endless = modelFile('endless', endlessModel())
  const other = () => inference.run(counts, { x: floats(5) })
  const stuck = inference.run(endless, { x: floats(0) }, { timeLimitMs: 500 })
  const next = other()
  await expect(stuck).rejects.toMatchObject({
    reason: 'model_timeout',
    message: expect.stringContaining(endless),
  })
  expect([(await next).y?.data[0], (await other()).y?.data[0]]).toEqual([15, 15])
})

test.each(['native', 'web'] as const)(
  'a model that takes all memory is ended, %s',
  async (runtime) => {
    const memoryBytes = 600_000_000
    await using inference = start({ memoryBytes, runtime })
    const hungry = modelFile('hungry', hungryModel())
    const little = await inference.run(hungry, { count: longs(1000n) })
    expect(little.sum?.data[0]).toBe(1000)
    // 3 GB: the WebAssembly build has an address space of 4.
    await expect(inference.run(hungry, { count: longs(750_000_000n) })).rejects.toMatchObject({
      reason: 'model_memory',
      message: expect.stringContaining('600 MB'),
    })
    expect((await inference.run(counts, { x: floats(5) })).y?.data[0]).toBe(15)
  },
)

test('what lies about itself, is damaged or wants other files is refused in words', async () => {
  await using inference = start()
  for (const [name, content, reason] of [
    ['liar', liarModel(), 'model_failed'],
    ['broken', tinyDetector().subarray(0, 900), 'model_broken'],
    ['text', Buffer.from('<html>404</html>'), 'model_broken'],
    ['empty', Buffer.alloc(0), 'model_broken'],
    ['external', externalModel('/etc/passwd', 'body'), 'model_external_data'],
  ] as const) {
    const file = modelFile(name, content)
    await expect(inference.load(file), name).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(file),
    })
  }
  await expect(inference.load(join(folder.path, 'none.onnx'))).rejects.toThrow('none.onnx')
  await expect(inference.run(counts, {})).rejects.toMatchObject({ reason: 'model_inputs' })
  await expect(inference.run(counts, { x: floats(1, 2) })).rejects.toThrow('counts.onnx')
})

test('an order that has not begun is taken back', async () => {
  await using inference = start()
  const first = inference.run(slow, { x: floats(0) })
  const abort = new AbortController()
  const second = inference.run(slow, { x: floats(0) }, { signal: abort.signal })
  abort.abort(new Error('no longer wanted'))
  await expect(second).rejects.toThrow('no longer wanted')
  expect((await first).y?.data[0]).toBe(300_000)
  expect(inference.isBusy).toBe(false)
})

test('a model that was replaced is loaded anew, and an idle process ends', async () => {
  await using inference = start({ idleMs: 50 })
  const file = modelFile('replaced', countingModel(1n))
  expect((await inference.run(file, { x: floats(0) })).y?.data[0]).toBe(1)
  modelFile('replaced', countingModel(1000n))
  expect((await inference.run(file, { x: floats(0) })).y?.data[0]).toBe(1000)
  await expect.poll(() => inference.pid).toBeNull()
  expect((await inference.run(file, { x: floats(0) })).y?.data[0]).toBe(1000)
})

test('at the end, what waits is rejected', async () => {
  const inference = start()
  const stuck = inference.run(modelFile('stuck', endlessModel()), { x: floats(0) })
  const outcome = expect(stuck).rejects.toThrow('ending')
  await inference[Symbol.asyncDispose]()
  await outcome
  await expect(inference.load(tiny)).rejects.toThrow('ending')
})
