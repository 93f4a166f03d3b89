/** Writes ONNX by hand: the format is Protocol Buffers (https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto3). */

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; ) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if (rest === 0n) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}
const int = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field << 3), ...varint(value)])
const bytes = (field: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(value.length)]), value])
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value))
const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields)

const FLOAT = 1
const INT64 = 7

/** AttributeProto of whole numbers. */
const ints = (name: string, values: readonly number[]) =>
  bytes(5, message(text(1, name), ...values.map((value) => int(8, value)), int(20, 7)))
/** AttributeProto of one whole number. */
const oneInt = (name: string, value: number) =>
  bytes(5, message(text(1, name), int(3, value), int(20, 2)))

/** NodeProto. */
const node = (
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Buffer[] = [],
) =>
  bytes(
    1,
    message(
      ...inputs.map((name) => text(1, name)),
      text(2, output),
      text(3, output),
      text(4, type),
      ...attributes,
    ),
  )

/** TensorProto of floats. */
const floats = (name: string, dims: readonly number[], values: readonly number[]) => {
  const data = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) data.writeFloatLE(value, index * 4)
  return bytes(
    5,
    message(...dims.map((dim) => int(1, dim)), int(2, FLOAT), text(8, name), bytes(9, data)),
  )
}
const longs = (name: string, values: readonly number[]) => {
  const data = Buffer.alloc(values.length * 8)
  for (const [index, value] of values.entries()) data.writeBigInt64LE(BigInt(value), index * 8)
  return bytes(5, message(int(1, values.length), int(2, INT64), text(8, name), bytes(9, data)))
}

/** ValueInfoProto of a float tensor. */
const tensorType = (field: number, name: string, dims: readonly number[]) => {
  const shape = message(...dims.map((dim) => bytes(1, int(1, dim))))
  return bytes(
    field,
    message(text(1, name), bytes(2, bytes(1, message(int(1, FLOAT), bytes(2, shape))))),
  )
}

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
    tensorType(11, 'images', [1, 3, TINY_SIDE, TINY_SIDE]),
    tensorType(12, 'output', [1, total, 7]),
  )
  return message(
    int(1, 8),
    text(2, 'pictograph-emulator'),
    bytes(7, graph),
    bytes(8, message(text(1, ''), int(2, 13))),
  )
}
