import type { DecoderForm } from '#shared/assist/segment-identify.ts'
import type { SegmentView, Size } from '#shared/assist/segment-picture.ts'
import type { SegmentDetail, SegmentShape } from '#shared/assist/segment-result.ts'
import type { Feed, Tensor, ValueFacts } from '#shared/assist/tensor.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'

/** What the process that runs models is asked, one after the other. */
export type Order =
  | { do: 'facts'; file: string }
  | { do: 'load'; file: string }
  | { do: 'run'; file: string; feeds: Record<string, Feed>; wanted: Wanted }
  | { do: 'segment'; file: string; feeds: Record<string, Feed>; ask: SegmentAsk }
  | { do: 'release'; file: string }

/** How a decoder's answer becomes shapes: in the process that runs it, where it halts nobody. */
export interface SegmentAsk {
  form: DecoderForm
  view: SegmentView
  /** Of the image, pixels. */
  size: Size
  output: SegmentOutput
  detail: SegmentDetail
}

/** Which of a run's outputs are wanted, and where. */
export interface Wanted {
  /** Names of those that come back; null: all. */
  outputs: readonly string[] | null
  /** Absolute path of a file that gets the named outputs, whole or not at all; null: none. */
  save: { file: string; outputs: readonly string[] } | null
}

export interface ModelFacts {
  inputs: ValueFacts[]
  outputs: ValueFacts[]
  /** What the exporter wrote into the file, e.g. `names` and `task` of Ultralytics. */
  metadata: Record<string, string>
  producer: string
}

export interface LoadedFacts extends ModelFacts {
  /** `native` is onnxruntime-node; `web` its WebAssembly build, about three times slower. */
  runtime: 'native' | 'web'
}

export interface Results {
  facts: ModelFacts
  load: LoadedFacts
  run: Record<string, Tensor>
  segment: SegmentShape[]
  release: null
}
export type Result = Results[Order['do']]

export interface ToChild {
  id: number
  order: Order
}
/** `reason` as in a UserError. */
export type FromChild = { id: number } & (
  | { result: Result }
  | { error: { reason: string; message: string } }
)

/** How the process is set up; it is its only argument, as JSON. */
export interface ChildSetup {
  /** Resident memory at which it ends itself, bytes. */
  memoryBytes: number
  threads: number
  /** It gives way to all others on the machine. */
  isBackground: boolean
  runtime: 'native' | 'web' | 'best'
}
