import type { ValueFacts } from './tensor.ts'

/** What a model file says of itself before it runs. */
export interface SaidOfModel {
  inputs: readonly ValueFacts[]
  outputs: readonly ValueFacts[]
  /** The file's `metadata_props`. */
  metadata: Readonly<Record<string, string>>
}

/** An input or output with its dims as numbers. */
export interface KnownTensor {
  name: string
  /** null: the model leaves it open. */
  dims: readonly (number | null)[]
}

/** The same with what is only known when it runs as null. */
export interface KnownModel {
  inputs: readonly KnownTensor[]
  outputs: readonly KnownTensor[]
  metadata: Readonly<Record<string, string>>
}

const known = ({ name, dims }: ValueFacts): KnownTensor => ({
  name,
  dims: (dims ?? []).map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null)),
})

export function knownModel({ inputs, outputs, metadata }: SaidOfModel): KnownModel {
  return { inputs: inputs.map(known), outputs: outputs.map(known), metadata }
}
