import {
  floats,
  input,
  ints,
  longs,
  message,
  model,
  node,
  oneInt,
  output,
  text,
} from './onnx-writer.ts'

export const TINY_SIDE = 64
const STRIDES = [8, 16, 32]

/**
 * A real detector in the form of YOLOX that a person can follow: each cell of each stride is an object as large as
 * itself where it is bright, of the first class where it is redder than blue, else of the second. Input `images`
 * [1, 3, 64, 64], BGR 0–255; output [1, 84, 7]: centre offset and log size by stride, objectness, two class scores.
 */
export function tinyDetector(): Buffer {
  const cells = STRIDES.map((stride) => (TINY_SIDE / stride) ** 2)
  const total = cells.reduce((sum, count) => sum + count, 0)
  // Channels come blue, green, red. Bright is above 170 on average.
  const share = 1 / (3 * 255)
  const scores = [
    ...[share, share, share].map((weight) => weight * 24),
    -0.05,
    0,
    0.05,
    0.05,
    0,
    -0.05,
  ]
  const levels = STRIDES.flatMap((stride, index) => [
    node('AveragePool', ['images'], `mean${stride}`, [
      ints('kernel_shape', [stride, stride]),
      ints('strides', [stride, stride]),
    ]),
    node('Conv', [`mean${stride}`, 'box_weight', 'box_bias'], `box${stride}`),
    node('Conv', [`mean${stride}`, 'score_weight', 'score_bias'], `logit${stride}`),
    node('Sigmoid', [`logit${stride}`], `score${stride}`),
    node('Concat', [`box${stride}`, `score${stride}`], `level${stride}`, [oneInt('axis', 1)]),
    node('Reshape', [`level${stride}`, `shape${stride}`], `flat${stride}`),
    longs(`shape${stride}`, [1, 7, cells[index]]),
  ])
  const graph = message(
    ...levels,
    node(
      'Concat',
      STRIDES.map((stride) => `flat${stride}`),
      'joined',
      [oneInt('axis', 2)],
    ),
    node('Transpose', ['joined'], 'output', [ints('perm', [0, 2, 1])]),
    text(2, 'tiny-detector'),
    floats(
      'box_weight',
      [4, 3, 1, 1],
      Array.from({ length: 12 }, () => 0),
    ),
    floats('box_bias', [4], [0.5, 0.5, 0, 0]),
    floats('score_weight', [3, 3, 1, 1], scores),
    floats('score_bias', [3], [-16, 0, 0]),
    input('images', [1, 3, TINY_SIDE, TINY_SIDE]),
    output('output', [1, total, 7]),
  )
  return model(graph, {}, 13)
}
