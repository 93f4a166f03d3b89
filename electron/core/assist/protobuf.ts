/**
 * Reads the wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/): fields in the order in
 * which they stand, nothing copied. Only what ONNX uses; groups and anything malformed are refused.
 */

export type Field =
  | { number: number; kind: 'varint'; value: bigint }
  | { number: number; kind: 'bytes'; value: Uint8Array }
  | { number: number; kind: 'fixed'; value: Uint8Array }

export class BrokenProtobufError extends Error {}

/** The largest field number that the format allows. */
const MOST_NUMBER = 2n ** 29n - 1n

/** Throws a BrokenProtobufError where the bytes are no message. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new BrokenProtobufError('it ends in the middle of a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new BrokenProtobufError('a number has more than ten bytes')
  }
  const slice = (length: number): Uint8Array => {
    if (length > bytes.length - at)
      throw new BrokenProtobufError('a part is longer than what holds it')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = tag >> 3n
    if (number === 0n || number > MOST_NUMBER)
      throw new BrokenProtobufError('a field has a number that cannot be')
    const field = { number: Number(number) }
    const type = Number(tag & 7n)
    if (type === 0) yield { ...field, kind: 'varint', value: varint() }
    else if (type === 1) yield { ...field, kind: 'fixed', value: slice(8) }
    else if (type === 5) yield { ...field, kind: 'fixed', value: slice(4) }
    else if (type === 2) yield { ...field, kind: 'bytes', value: slice(lengthOf(varint())) }
    else throw new BrokenProtobufError(`a field has the type ${type}, which is not used`)
  }
}

const lengthOf = (value: bigint): number =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
