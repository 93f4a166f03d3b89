import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from 'onnxruntime-node'
import { UserError } from '#core/user-error.ts'
import { pictureTensor } from '#shared/assist/picture-tensor.ts'
import {
  type Feed,
  type Tensor,
  type TensorType,
  type ValueFacts,
  valuesIn,
} from '#shared/assist/tensor.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { readOnnx } from './onnx-file.ts'
import type { ChildSetup, LoadedFacts, Wanted } from './orders.ts'
import { readTensors, saveTensors } from './saved-tensors.ts'

type Ort = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>

export interface Runtime {
  ort: Ort
  kind: LoadedFacts['runtime']
  threads: number
}

/**
 * The runtime's JavaScript makes halves into this type where it finds it, and its native part (1.30) reads none of
 * them from there. Without the type it leaves them as they are: 16 bits each.
 */
const Halves = Float16Array
Reflect.deleteProperty(globalThis, 'Float16Array')

/**
 * The native runtime, or its WebAssembly build where there is none for this machine (an Intel Mac) or it does not load
 * (an old C library). Throws a UserError when neither loads.
 */
export async function loadRuntime({ runtime, threads }: ChildSetup): Promise<Runtime> {
  let trouble: unknown = null
  if (runtime !== 'web')
    try {
      return { ort: await import('onnxruntime-node'), kind: 'native', threads }
    } catch (error) {
      if (runtime === 'native') throw error
      trouble = error
    }
  try {
    const ort = await import('onnxruntime-web')
    // More threads were slower in Node, where each is a worker that has to be begun.
    ort.env.wasm.numThreads = 1
    return { ort, kind: 'web', threads: 1 }
  } catch (error) {
    throw new UserError(
      'no_runtime',
      `Models cannot run on this machine: ${messageOf(trouble ?? error)}. Install the app again.`,
      { cause: trouble ?? error },
    )
  }
}

interface Loaded {
  /** Of the file as it was read: one that was replaced since is read again. */
  version: string
  session: InferenceSession
  facts: LoadedFacts
}

/** An encoder and its decoder, and two detectors, at the same time. */
const MOST_SESSIONS = 4
/** Images whose kept outputs stay in memory: the one that is open, and one to go back to. */
const MOST_SAVED = 2
/** A model is one Protocol Buffers message, and these have no more, bytes. */
const MOST_BYTES = 2 ** 31 - 1

/** Models that are loaded, the last used last. */
export class Sessions {
  readonly #runtime: Runtime
  readonly #loaded = new Map<string, Loaded>()
  readonly #saved = new Map<string, { version: string; tensors: Record<string, Tensor> }>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async load(file: string): Promise<Loaded> {
    const version = versionOf(file)
    const there = this.#loaded.get(file)
    if (there?.version === version) {
      this.#loaded.delete(file)
      this.#loaded.set(file, there)
      return there
    }
    await this.release(file)
    for (const oldest of [...this.#loaded.keys()].slice(0, -(MOST_SESSIONS - 1)))
      await this.release(oldest)
    // The very bytes that were looked through are what runs.
    const bytes = await readFile(file)
    const said = readOnnx(bytes, file)
    const session = await this.#runtime.ort.InferenceSession.create(bytes, {
      executionProviders: [this.#runtime.kind === 'native' ? 'cpu' : 'wasm'],
      intraOpNumThreads: this.#runtime.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    })
    const facts: LoadedFacts = {
      ...said,
      inputs: valueFacts(session.inputMetadata),
      outputs: valueFacts(session.outputMetadata),
      runtime: this.#runtime.kind,
    }
    const loaded = { version, session, facts }
    this.#loaded.set(file, loaded)
    return loaded
  }

  async release(file: string): Promise<void> {
    const there = this.#loaded.get(file)
    this.#loaded.delete(file)
    await there?.session.release()
  }

  async run(
    file: string,
    feeds: Record<string, Feed>,
    { outputs, save }: Wanted,
  ): Promise<Record<string, Tensor>> {
    const { session, facts } = await this.load(file)
    const given: Record<string, OrtTensor> = {}
    for (const input of facts.inputs) {
      const feed = feeds[input.name]
      if (feed) given[input.name] = this.#ortTensor(this.#tensor(feed, input), input)
    }
    const missing = facts.inputs.filter(({ name }) => !given[name]).map(({ name }) => name)
    if (missing.length > 0)
      throw new UserError('model_inputs', `${file} also wants ${missing.join(', ')}.`)
    const names = outputs
      ? [...new Set([...outputs, ...(save?.outputs ?? [])])]
      : facts.outputs.map(({ name }) => name)
    const unknown = names.filter((name) => !facts.outputs.some((output) => output.name === name))
    if (unknown.length > 0)
      throw new UserError('model_outputs', `${file} has no output ${unknown.join(', ')}.`)
    const answer = await session.run(given, names)
    const tensors: Record<string, Tensor> = {}
    for (const name of names) tensors[name] = ownTensor(answer[name], name)
    if (save) saveTensors(save.file, pick(tensors, save.outputs))
    return outputs ? pick(tensors, outputs) : tensors
  }

  #tensor(feed: Feed, input: ValueFacts): Tensor {
    if (!('kind' in feed)) return feed
    if (feed.kind === 'picture')
      return pictureTensor(feed, input.type === 'uint8' ? 'uint8' : 'float32')
    const version = versionOf(feed.file)
    let saved = this.#saved.get(feed.file)
    if (saved?.version !== version) {
      saved = { version, tensors: readTensors(feed.file) }
      this.#saved.delete(feed.file)
      this.#saved.set(feed.file, saved)
      for (const oldest of [...this.#saved.keys()].slice(0, -MOST_SAVED)) this.#saved.delete(oldest)
    }
    const tensor = saved.tensors[feed.name]
    if (!tensor) throw new Error(`${feed.file} holds no ${feed.name}`)
    return tensor
  }

  #ortTensor(tensor: Tensor, input: ValueFacts): OrtTensor {
    const { Tensor: OrtTensor } = this.#runtime.ort
    const { type, data, dims } = tensor
    if (data.length !== valuesIn(dims))
      throw new Error(`${input.name}: ${data.length} values do not fill ${dims.join(' × ')}`)
    if (type === 'float32' && input.type === 'float16')
      return new OrtTensor('float16', halves(data as Float32Array), dims)
    return new OrtTensor(type, data, dims)
  }
}

/** Changes when the file is written again. */
function versionOf(file: string): string {
  const { size, mtimeMs, ino } = statSync(file)
  if (size > MOST_BYTES)
    throw new UserError(
      'model_too_large',
      `${file} is larger than 2 GB, which ONNX does not allow.`,
    )
  return `${size} ${mtimeMs} ${ino}`
}

const pick = (tensors: Record<string, Tensor>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => names.includes(name)))

const KNOWN = new Set<string>([
  'float32',
  'float64',
  'int64',
  'int32',
  'uint8',
  'bool',
  'float16',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'uint64',
])

const valueFacts = (values: readonly InferenceSession.ValueMetadata[]): ValueFacts[] =>
  values.map((value) =>
    value.isTensor && KNOWN.has(value.type)
      ? {
          name: value.name,
          type: value.type as ValueFacts['type'],
          dims: value.shape.map((dim) => (dim === '' ? '?' : dim)),
        }
      : { name: value.name, type: 'other', dims: null },
  )

const halves = (floats: Float32Array) => new Uint16Array(Halves.from(floats).buffer)

const OWN_TYPES = new Set<string>(['float32', 'float64', 'int64', 'int32', 'uint8', 'bool'])

function ownTensor(tensor: OrtTensor | undefined, name: string): Tensor {
  if (!tensor) throw new Error(`it gave no ${name}`)
  const { type, dims, data } = tensor
  if (type === 'float16') return { type: 'float32', dims, data: floatsOfHalves(data) }
  if (!OWN_TYPES.has(type))
    throw new Error(`${name} is of the type ${type}, which is not used here`)
  return { type: type as TensorType, dims, data: (tensor as TypedTensor<'float32'>).data }
}

function floatsOfHalves(data: OrtTensor['data']): Float32Array {
  if (!(data instanceof Uint16Array)) throw new Error('halves of an unknown form')
  return Float32Array.from(new Halves(data.buffer as ArrayBuffer, data.byteOffset, data.length))
}
