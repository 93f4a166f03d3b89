import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { type Tensor, valuesIn } from '#shared/assist/tensor.ts'

/**
 * Tensors of 32-bit floats in a file: `PTNS`, the length of the header (32 bits, little endian), the header as JSON
 * (`[{name, dims}]`) filled with spaces to a multiple of four, then the values one tensor after the other.
 */
const MARK = 'PTNS'

/** Writes the file under another name first. Runs in the process of the models, where waiting for the disk halts nobody. */
export function saveTensors(file: string, tensors: Record<string, Tensor>): void {
  const named = Object.entries(tensors)
  for (const [name, { type }] of named)
    if (type !== 'float32') throw new TypeError(`${name} is ${type}: only float32 is kept`)
  let header = JSON.stringify(named.map(([name, { dims }]) => ({ name, dims })))
  while (Buffer.byteLength(header) % 4 !== 0) header += ' '
  const start = Buffer.alloc(8)
  start.write(MARK)
  start.writeUInt32LE(Buffer.byteLength(header), 4)
  const temporary = `${file}.${process.pid}.part`
  try {
    const handle = openSync(temporary, 'w', 0o600)
    try {
      const parts = [start, Buffer.from(header), ...named.map(([, { data }]) => bytesOf(data))]
      for (const part of parts)
        for (let at = 0; at < part.length; ) at += writeSync(handle, part, at)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const bytesOf = (data: Tensor['data']) =>
  new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)

/** Throws where the file is not one of these, or not whole. */
export function readTensors(file: string): Record<string, Tensor> {
  const bytes = readFileSync(file)
  const broken = () => new Error(`${file} is not what was kept of an image, or not whole`)
  if (bytes.length < 8 || bytes.toString('latin1', 0, 4) !== MARK) throw broken()
  const length = bytes.readUInt32LE(4)
  if (8 + length > bytes.length) throw broken()
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as {
    name: string
    dims: number[]
  }[]
  const tensors: Record<string, Tensor> = {}
  let at = 8 + length
  for (const { name, dims } of header) {
    const size = valuesIn(dims) * 4
    if (at + size > bytes.length) throw broken()
    // Copied: a view of floats must begin at a multiple of four of the memory below.
    const data = new Float32Array(new Uint8Array(bytes.subarray(at, at + size)).buffer)
    tensors[name] = { type: 'float32', dims, data }
    at += size
  }
  return tensors
}
