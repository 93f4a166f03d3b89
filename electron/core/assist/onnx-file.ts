import { UserError } from '#core/user-error.ts'
import type { ValueFacts } from '#shared/assist/tensor.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { BrokenProtobufError, type Field, fields, textOf } from './protobuf.ts'

/** What an ONNX file says about itself, read without running any of it. */
export interface OnnxFacts {
  /** Without the ones that the file fills itself (initializers). */
  inputs: ValueFacts[]
  outputs: ValueFacts[]
  /** `metadata_props`; of two entries with one key the last counts. */
  metadata: Record<string, string>
  producer: string
}

/**
 * Numbers of the fields in onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 * `below`: the fields that hold messages in which a tensor may be, and of which kind they are.
 */
const KINDS = {
  model: { below: { 7: 'graph', 20: 'training', 25: 'function' } },
  graph: { below: { 1: 'node', 5: 'tensor', 15: 'sparse' } },
  node: { below: { 5: 'attribute' } },
  attribute: {
    below: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  },
  sparse: { below: { 1: 'tensor', 2: 'tensor' } },
  training: { below: { 1: 'graph', 2: 'graph' } },
  function: { below: { 7: 'node', 11: 'attribute' } },
  tensor: { below: {} },
} as const satisfies Record<string, { below: Record<number, string> }>
type Kind = keyof typeof KINDS

/** TensorProto: where its values are, and the entries that name a file. */
const TENSOR_EXTERNAL_DATA = 13
const TENSOR_DATA_LOCATION = 14

/** Graphs within graphs (If, Loop) that nobody exports go deeper than this, and the stack is not endless. */
const DEEPEST = 64

/**
 * Reads an ONNX file. Throws a UserError that names `file` where it is none, where it is broken, and where it wants
 * values from another file: a model is one file, and reaches for no other.
 */
export function readOnnx(bytes: Uint8Array, file: string): OnnxFacts {
  try {
    // The runtime takes files with this mark for its own format, which may name other files as well.
    if (textOf(bytes.subarray(4, 8)) === 'ORTM')
      throw new UserError(
        'model_format',
        `${file} is in the ORT format. Export the model as ONNX instead.`,
      )
    refuseExternal(bytes, 'model', file, 0)
    const facts = factsOf(bytes)
    if (facts.outputs.length === 0) throw new BrokenProtobufError('it has no graph with an output')
    return facts
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      'model_broken',
      `${file} is not an ONNX model, or is damaged: ${messageOf(error)}. Export or fetch it again.`,
      { cause: error },
    )
  }
}

function refuseExternal(bytes: Uint8Array, kind: Kind, file: string, depth: number): void {
  if (depth > DEEPEST) throw new BrokenProtobufError('it is nested too deeply')
  const below: Record<number, Kind | undefined> = KINDS[kind].below
  for (const field of fields(bytes)) {
    if (kind === 'tensor' && isExternal(field))
      throw new UserError(
        'model_external_data',
        `${file} keeps its values in other files, which is not allowed here. Export the model as one file (without external data).`,
      )
    const next = below[field.number]
    if (next && field.kind === 'bytes') refuseExternal(field.value, next, file, depth + 1)
  }
}

const isExternal = (field: Field): boolean =>
  field.number === TENSOR_EXTERNAL_DATA ||
  (field.number === TENSOR_DATA_LOCATION && !(field.kind === 'varint' && field.value === 0n))

function factsOf(bytes: Uint8Array): OnnxFacts {
  const metadata: [string, string][] = []
  let producer = ''
  // A message that comes twice is merged, as the format wants it.
  const graph: Field[] = []
  for (const field of fields(bytes)) {
    if (field.kind !== 'bytes') continue
    if (field.number === 2) producer = textOf(field.value)
    if (field.number === 7) graph.push(...fields(field.value))
    if (field.number === 14) {
      const entry = new Map(messages(field.value).map(({ number, value }) => [number, value]))
      metadata.push([textOf(entry.get(1) ?? EMPTY), textOf(entry.get(2) ?? EMPTY)])
    }
  }
  const values = (number: number) =>
    graph.flatMap((field) =>
      field.number === number && field.kind === 'bytes' ? [valueFactsOf(field.value)] : [],
    )
  const filled = new Set(
    graph.flatMap((field) =>
      field.number === 5 && field.kind === 'bytes' ? [nameOfTensor(field.value)] : [],
    ),
  )
  return {
    inputs: values(11).filter(({ name }) => !filled.has(name)),
    outputs: values(12),
    metadata: Object.fromEntries(metadata),
    producer,
  }
}

const EMPTY = new Uint8Array()

/** The fields of a message that hold bytes. */
const messages = (bytes: Uint8Array) => [...fields(bytes)].filter((field) => field.kind === 'bytes')

function nameOfTensor(bytes: Uint8Array): string {
  let name = ''
  for (const field of fields(bytes))
    if (field.number === 8 && field.kind === 'bytes') name = textOf(field.value)
  return name
}

/** TensorProto.DataType */
const TYPES: Record<number, ValueFacts['type']> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
}

/** ValueInfoProto: a name, and in its type a tensor type with element type and shape. */
function valueFactsOf(bytes: Uint8Array): ValueFacts {
  let name = ''
  let type: ValueFacts['type'] = 'other'
  let dims: ValueFacts['dims'] | null = null
  for (const field of messages(bytes)) {
    if (field.number === 1) name = textOf(field.value)
    if (field.number !== 2) continue
    for (const tensor of messages(field.value).filter(({ number }) => number === 1))
      for (const part of fields(tensor.value)) {
        if (part.number === 1 && part.kind === 'varint') type = TYPES[Number(part.value)] ?? 'other'
        if (part.number === 2 && part.kind === 'bytes') dims = messages(part.value).map(dimOf)
      }
  }
  return { name, type, dims }
}

/** TensorShapeProto.Dimension: a number, a name, or neither. */
function dimOf({ value }: { value: Uint8Array }): number | string {
  for (const field of fields(value)) {
    if (field.number === 1 && field.kind === 'varint') return Number(BigInt.asIntN(64, field.value))
    if (field.number === 2 && field.kind === 'bytes') return textOf(field.value)
  }
  return '?'
}
