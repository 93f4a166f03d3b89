/**
 * Writes ONNX by hand: the format is Protocol Buffers (https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto3). For models
 * whose answers a person can work out, in the emulator and in tests.
 */

function varint(value: number | bigint): number[] {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; ) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if (rest === 0n) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}
export const int = (field: number, value: number | bigint): Buffer =>
  Buffer.from([...varint(field << 3), ...varint(value)])
export const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(value.length)]), value])
export const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value))
export const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields)
const fixed32 = (field: number, value: number): Buffer => {
  const data = Buffer.alloc(4)
  data.writeFloatLE(value)
  return Buffer.concat([Buffer.from(varint((field << 3) | 5)), data])
}

/** TensorProto.DataType */
export const FLOAT = 1
/** @public */
export const UINT8 = 2
/** @public */
export const INT32 = 6
export const INT64 = 7
export const BOOL = 9
export const FLOAT16 = 10

/** AttributeProto of whole numbers. */
export const ints = (name: string, values: readonly number[]) =>
  bytes(5, message(text(1, name), ...values.map((value) => int(8, value)), int(20, 7)))
/** AttributeProto of one whole number. */
export const oneInt = (name: string, value: number) =>
  bytes(5, message(text(1, name), int(3, value), int(20, 2)))
/** AttributeProto of one float. @public */
export const oneFloat = (name: string, value: number) =>
  bytes(5, message(text(1, name), fixed32(2, value), int(20, 1)))
/** AttributeProto of a text. @public */
export const oneText = (name: string, value: string) =>
  bytes(5, message(text(1, name), text(4, value), int(20, 3)))
/** AttributeProto of a tensor; `tensor`: the fields of a TensorProto. */
export const oneTensor = (name: string, tensor: Buffer) =>
  bytes(5, message(text(1, name), bytes(5, tensor), int(20, 4)))
/** AttributeProto of a graph: the body of a loop or of a branch; `graph`: the fields of a GraphProto. */
export const oneGraph = (name: string, graph: Buffer) =>
  bytes(5, message(text(1, name), bytes(6, graph), int(20, 5)))

/** NodeProto, as a field of a graph. */
export const node = (
  type: string,
  inputs: readonly string[],
  output: string | readonly string[],
  attributes: readonly Buffer[] = [],
) => {
  const outputs = typeof output === 'string' ? [output] : output
  return bytes(
    1,
    message(
      ...inputs.map((name) => text(1, name)),
      ...outputs.map((name) => text(2, name)),
      text(3, outputs[0] ?? ''),
      text(4, type),
      ...attributes,
    ),
  )
}

/** The fields of a TensorProto of floats. */
export const floatTensor = (name: string, dims: readonly number[], values: readonly number[]) => {
  const data = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) data.writeFloatLE(value, index * 4)
  return message(...dims.map((dim) => int(1, dim)), int(2, FLOAT), text(8, name), bytes(9, data))
}
/** The fields of a TensorProto of 64-bit integers. */
export const longTensor = (
  name: string,
  dims: readonly number[],
  values: readonly (number | bigint)[],
) => {
  const data = Buffer.alloc(values.length * 8)
  for (const [index, value] of values.entries()) data.writeBigInt64LE(BigInt(value), index * 8)
  return message(...dims.map((dim) => int(1, dim)), int(2, INT64), text(8, name), bytes(9, data))
}
/** Floats that a graph holds (an initializer). */
export const floats = (name: string, dims: readonly number[], values: readonly number[]) =>
  bytes(5, floatTensor(name, dims, values))
/** Whole numbers that a graph holds, in one dimension. */
export const longs = (name: string, values: readonly (number | bigint)[]) =>
  bytes(5, longTensor(name, [values.length], values))
/** One whole number that a graph holds, without a dimension. */
export const oneLong = (name: string, value: number | bigint) =>
  bytes(5, longTensor(name, [], [value]))

/** ValueInfoProto of a tensor; a dimension that only a run knows has a name. */
const tensorType = (
  field: number,
  name: string,
  dims: readonly (number | string)[],
  type: number,
) => {
  const shape = message(
    ...dims.map((dim) => bytes(1, typeof dim === 'number' ? int(1, dim) : text(2, dim))),
  )
  return bytes(
    field,
    message(text(1, name), bytes(2, bytes(1, message(int(1, type), bytes(2, shape))))),
  )
}
/** What a graph takes. */
export const input = (name: string, dims: readonly (number | string)[], type = FLOAT) =>
  tensorType(11, name, dims, type)
/** What a graph gives. */
export const output = (name: string, dims: readonly (number | string)[], type = FLOAT) =>
  tensorType(12, name, dims, type)

/** ModelProto: a file. `graph`: the fields of a GraphProto. */
export const model = (graph: Buffer, metadata: Record<string, string> = {}, opset = 17): Buffer =>
  message(
    int(1, 8),
    text(2, 'pictograph-emulator'),
    bytes(7, graph),
    bytes(8, message(text(1, ''), int(2, opset))),
    ...Object.entries(metadata).map(([key, value]) =>
      bytes(14, message(text(1, key), text(2, value))),
    ),
  )
