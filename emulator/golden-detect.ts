import {
  floats,
  INT64,
  input,
  longs,
  message,
  model,
  node,
  oneInt,
  output,
  text,
} from './onnx-writer.ts'

/**
 * Detectors whose answers a person can work out, one for each form that exporters write. Each answers fixed places; the
 * score of its first object is what is given plus the mean over the input of red − blue as the model sees it, so that
 * size, filling, order of channels and normalisation count. 64 × 64 pixels, so 84 cells in grids of 8, 16 and 32.
 */
export const GOLDEN_SIDE = 64
export const GOLDEN_CELLS = 84

interface Output {
  name: string
  dims: readonly number[]
  /** Values that are not 0, by their index. */
  values: readonly (readonly [index: number, value: number])[]
  /** Indices to which the mean of red − blue is added. */
  reacts?: readonly number[]
}

interface Golden {
  outputs: readonly Output[]
  metadata?: Record<string, string>
  inputName?: string
  /** What the model weighs its first, second and third channel by. */
  weights?: readonly [number, number, number]
}

const filled = (count: number, values: Output['values']): number[] => {
  const all = Array.from({ length: count }, () => 0)
  for (const [index, value] of values) all[index] = value
  return all
}

function outputNodes({ name, dims, values, reacts = [] }: Output): Buffer[] {
  const count = dims.reduce((product, dim) => product * dim, 1)
  return [
    longs(
      `${name} rank`,
      Array.from({ length: dims.length }, () => 1),
    ),
    node('Reshape', ['mean', `${name} rank`], `${name} mean`),
    floats(
      `${name} reacts`,
      dims,
      filled(
        count,
        reacts.map((index) => [index, 1]),
      ),
    ),
    floats(`${name} fixed`, dims, filled(count, values)),
    node('Mul', [`${name} mean`, `${name} reacts`], `${name} moved`),
    node('Add', [`${name} moved`, `${name} fixed`], name),
    output(name, dims),
  ]
}

const meanNodes = (inputName: string, weights: readonly number[]) => [
  floats('weights', [1, 3, 1, 1], weights),
  node('Conv', [inputName, 'weights'], 'weighed'),
  node('GlobalAveragePool', ['weighed'], 'mean'),
  input(inputName, [1, 3, GOLDEN_SIDE, GOLDEN_SIDE]),
]

function golden({
  outputs,
  metadata = {},
  inputName = 'images',
  weights = [1, 0, -1],
}: Golden): Buffer {
  const graph = message(
    ...meanNodes(inputName, weights),
    ...outputs.flatMap(outputNodes),
    text(2, 'golden-detector'),
  )
  return model(graph, metadata)
}

/** Values of objects that lie in columns among the cells, `[1, height, 84]`. */
const columns = (name: string, ...objects: readonly (readonly number[])[]): Output => ({
  name,
  dims: [1, objects[0].length, GOLDEN_CELLS],
  values: objects.flatMap((object, column) =>
    object.map((value, row) => [row * GOLDEN_CELLS + column, value] as const),
  ),
  // The first class of the first object.
  reacts: [4 * GOLDEN_CELLS],
})

/** The same in rows, `[1, objects, width]`. `reacts`: places in the first row. */
const rows = (
  name: string,
  objects: readonly (readonly number[])[],
  reacts: readonly number[] = [],
): Output => ({
  name,
  dims: [1, objects.length, objects[0].length],
  values: objects.flatMap((object, row) =>
    object.map((value, column) => [row * object.length + column, value] as const),
  ),
  reacts,
})

/** A grid of 16 × 16 over the input: `inside` where a square of cells is, else `outside`. */
const square = (inside: number, outside: number, from: number, to: number, offset = 0) =>
  Array.from({ length: 256 }, (_, cell) => {
    const [x, y] = [cell % 16, Math.floor(cell / 16)]
    const isIn = x >= from && x < to && y >= from && y < to
    return [offset + cell, isIn ? inside : outside] as const
  })

const NAMES = "{0: 'car', 1: 'dog'}"
const ultralytics = (task: string, more: Record<string, string> = {}) => ({
  description: 'Ultralytics YOLO11n model trained on golden.yaml',
  author: 'Ultralytics',
  license: 'AGPL-3.0 License (https://ultralytics.com/license)',
  stride: '32',
  imgsz: '[64, 64]',
  batch: '1',
  names: NAMES,
  task,
  ...more,
})
/** Centre and size in pixels of the input: twice that in a picture of 128 × 64, less the grey above. */
const CENTRED = [32, 32, 16, 8]
const CORNERS = [24, 28, 40, 36]
/** The same as shares. */
const SHARES = [0.5, 0.5, 0.25, 0.5]
const PROTOTYPES: Output = {
  name: 'output1',
  dims: [1, 32, 16, 16],
  values: square(1, -1, 6, 10),
}
const COEFFICIENTS = [2, ...Array.from({ length: 31 }, () => 0)]
/** 17 joints in a row, all seen but the last. */
const JOINTS = Array.from({ length: 17 }, (_, index) => [20 + index, 30, index < 16 ? 0.9 : 0.1])

/** RT-DETRv2 and D-FINE: corners are shares of the size that the model is given. */
function labelled(): Buffer {
  const graph = message(
    ...meanNodes('images', [1, 0, -1]),
    input('orig_target_sizes', [1, 2], INT64),
    node('Cast', ['orig_target_sizes'], 'size', [oneInt('to', 1)]),
    node('Concat', ['size', 'size'], 'sizes', [oneInt('axis', 1)]),
    floats('shares', [1, 2, 4], [0.375, 0.4375, 0.625, 0.5625, 0, 0, 0.1, 0.1]),
    node('Mul', ['shares', 'sizes'], 'boxes'),
    output('boxes', [1, 2, 4]),
    ...outputNodes({ name: 'scores', dims: [1, 2], values: [[0, 0.2]], reacts: [0] }),
    longs('numbers', [1, 0]),
    longs('two', [1, 2]),
    node('Reshape', ['numbers', 'two'], 'labels'),
    output('labels', [1, 2], INT64),
    text(2, 'golden-detector'),
  )
  return model(graph)
}

const rfDetr = (...more: readonly Output[]): Buffer =>
  golden({
    inputName: 'input',
    outputs: [
      rows('dets', [SHARES, [0.1, 0.1, 0.1, 0.1]]),
      // Sigmoid of −4 + what the picture adds; the last column is the background.
      rows(
        'labels',
        [
          [-4, -9, 5],
          [-9, -9, 9],
        ],
        [0],
      ),
      ...more,
    ],
  })

/** By the name of the file. */
export const GOLDEN_DETECTORS: Readonly<Record<string, () => Buffer>> = {
  'yolo-boxes': () =>
    golden({
      outputs: [
        columns('output0', [...CENTRED, 0.3, 0], [33, 32, 16, 8, 0.5, 0], [12, 32, 8, 8, 0, 0.4]),
      ],
      metadata: ultralytics('detect'),
    }),
  'yolo-segments': () =>
    golden({
      outputs: [columns('output0', [32, 32, 24, 24, 0.3, 0, ...COEFFICIENTS]), PROTOTYPES],
      metadata: ultralytics('segment'),
    }),
  'yolo-poses': () =>
    golden({
      outputs: [columns('output0', [...CENTRED, 0.3, ...JOINTS.flat()])],
      metadata: ultralytics('pose', { names: "{0: 'person'}", kpt_shape: '[17, 3]' }),
    }),
  'yolo-oriented': () =>
    golden({
      outputs: [columns('output0', [...CENTRED, 0.3, 0, Math.PI / 6])],
      metadata: ultralytics('obb'),
    }),
  'yolo26-boxes': () =>
    golden({
      outputs: [rows('output0', [[...CORNERS, 0.3, 1], Array.from({ length: 6 }, () => 0)], [4])],
      metadata: ultralytics('detect', { end2end: 'True' }),
    }),
  'yolo26-segments': () =>
    golden({
      outputs: [rows('output0', [[20, 20, 44, 44, 0.3, 1, ...COEFFICIENTS]], [4]), PROTOTYPES],
      metadata: ultralytics('segment', { end2end: 'True' }),
    }),
  'yolo26-poses': () =>
    golden({
      outputs: [rows('output0', [[...CORNERS, 0.3, 0, ...JOINTS.flat()]], [4])],
      metadata: ultralytics('pose', {
        names: "{0: 'person'}",
        kpt_shape: '[17, 3]',
        end2end: 'True',
      }),
    }),
  'yolo26-oriented': () =>
    golden({
      outputs: [rows('output0', [[...CENTRED, 0.3, 1, Math.PI / 6]], [4])],
      metadata: ultralytics('obb', { end2end: 'True' }),
    }),
  'rtdetr-ultralytics': () =>
    golden({
      outputs: [rows('output0', [[...SHARES, -0.2, 0]], [4])],
      metadata: ultralytics('detect', { description: 'Ultralytics rtdetr-l model' }),
    }),
  rtdetrv2: labelled,
  dfine: labelled,
  yolox: () =>
    golden({
      // Blue, green and red in bytes.
      weights: [-1 / 255, 0, 1 / 255],
      outputs: [
        {
          name: 'output',
          dims: [1, GOLDEN_CELLS, 7],
          // Cell (1, 1) of the first grid; its objectness moves.
          values: [0.5, 0.5, Math.log(2), Math.log(2), 0.3, 0, 0.75].map(
            (value, index) => [9 * 7 + index, value] as const,
          ),
          reacts: [9 * 7 + 4],
        },
      ],
    }),
  'rfdetr-boxes': () => rfDetr(),
  'rfdetr-segments': () =>
    rfDetr({ name: 'masks', dims: [1, 2, 16, 16], values: square(4, -4, 6, 10) }),
  'rfdetr-poses': () =>
    rfDetr({
      name: 'keypoints',
      dims: [1, 2, 2, 3],
      values: [
        [0, 0.5],
        [1, 0.25],
        [2, 3],
        [5, -3],
      ],
    }),
  semantic: () =>
    golden({
      // Logits: the class in the middle, 2 against 0; the picture moves nothing.
      outputs: [{ name: 'logits', dims: [1, 2, 16, 16], values: square(2, -2, 6, 10, 256) }],
      metadata: { names: "{0: 'background', 1: 'road'}" },
    }),
}
