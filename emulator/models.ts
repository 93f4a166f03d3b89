import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ORGANIZATION_ID, steadyId } from './organization.ts'
import { newId, type State } from './state.ts'
import { TINY_SIDE, tinyDetector } from './tiny-onnx.ts'

export interface StoredVersion {
  version_id: string
  version_number: number
  version_label: string
  created_at: string
  status: 'ready' | 'training' | 'failed'
  precision: 'fp32' | 'fp16'
  architecture: string
  metrics: Record<string, number>
  /** The ONNX file in storage. */
  object: string
  size_bytes: number
}

export interface StoredModel {
  id: string
  organization_id: string
  name: string
  description: string | null
  model_type:
    | 'object_detection'
    | 'instance_segmentation'
    | 'semantic_segmentation'
    | 'classification'
    | 'keypoint_detection'
  architecture: string | null
  visibility: 'private' | 'public'
  status: 'training' | 'ready' | 'failed' | 'archived'
  metrics: Record<string, number> | null
  class_mapping: { classes: string[] } | null
  training_config: Record<string, unknown> | null
  version: string
  precision: 'fp32' | 'fp16'
  created_at: string
  updated_at: string
  /** Newest first. */
  versions: StoredVersion[]
  /** The version that its owner pinned; null: the newest ready one. */
  pinned_version_id: string | null
  /** The name of the dataset it was trained on. */
  dataset_name: string | null
  /** The public model of another organisation that this one was copied from. */
  forked_from_model_id?: string
}

/** A public model of another organisation. */
export const PUBLIC_MODEL = {
  organization: 'public-research',
  slug: 'harbour-detector',
  name: 'Harbour detector',
  id: steadyId('public model harbour detector'),
  classes: ['ship', 'buoy'],
} as const

const ARCHITECTURE = 'yolox-tiny'

/** A first version with the weights of the small detector. `seed` makes its id. */
function newVersion(state: State, seed: string, at: string): StoredVersion {
  const onnx = tinyDetector()
  const object = newId()
  writeFileSync(join(state.objectsDir, object), onnx)
  return {
    version_id: steadyId(seed),
    version_number: 1,
    version_label: '1.0.0',
    created_at: at,
    status: 'ready',
    precision: 'fp32',
    architecture: ARCHITECTURE,
    metrics: { mAP: 0.5 },
    object,
    size_bytes: onnx.length,
  }
}

/** A ready model of one version, which finds `classes`. The name must be free. */
export function newModel(
  state: State,
  fields: { name: string; classes: readonly string[] } & Partial<StoredModel>,
  at: string,
): StoredModel {
  const { classes, ...more } = fields
  const id = newId()
  const version = newVersion(state, id, at)
  const model: StoredModel = {
    id,
    organization_id: ORGANIZATION_ID,
    description: null,
    model_type: 'object_detection',
    architecture: ARCHITECTURE,
    visibility: 'private',
    status: 'ready',
    metrics: version.metrics,
    class_mapping: { classes: [...classes] },
    training_config: { image_height: TINY_SIDE, image_width: TINY_SIDE, epochs: 1 },
    version: version.version_label,
    precision: version.precision,
    created_at: at,
    updated_at: at,
    versions: [version],
    pinned_version_id: null,
    dataset_name: null,
    ...more,
  }
  state.collection<StoredModel>('model').put(model)
  return model
}

/** The name of a new model: taken names get a number. */
export function freeModelName(state: State, wanted: string): string {
  const names = new Set(
    state
      .collection<StoredModel>('model')
      .all()
      .map(({ name }) => name),
  )
  let name = wanted
  for (let number = 2; names.has(name); number++) name = `${wanted} (${number})`
  return name
}

/** A small real detector with two versions, and a model that is still training. */
export function seedModels(state: State, at: string): void {
  const models = state.collection<StoredModel>('model')
  const common = {
    organization_id: ORGANIZATION_ID,
    description: null,
    model_type: 'object_detection',
    architecture: ARCHITECTURE,
    visibility: 'private',
    precision: 'fp32',
    dataset_name: 'street scenes',
    pinned_version_id: null,
    created_at: at,
    updated_at: at,
  } as const
  const version = (number: number): StoredVersion => ({
    ...newVersion(state, `tiny detector ${number}`, at),
    version_number: number,
    version_label: `${number}.0.0`,
    metrics: { mAP: 0.4 + number / 10 },
  })
  const versions = [version(2), version(1)]
  models.put({
    ...common,
    id: steadyId('model tiny detector'),
    name: 'tiny detector',
    status: 'ready',
    metrics: versions[0].metrics,
    class_mapping: { classes: ['car', 'person'] },
    training_config: { image_height: TINY_SIDE, image_width: TINY_SIDE, epochs: 1 },
    version: '2.0.0',
    versions,
  })
  models.put({
    ...common,
    id: steadyId('model in training'),
    name: 'in training',
    status: 'training',
    metrics: null,
    class_mapping: null,
    training_config: null,
    version: '1.0.0',
    versions: [],
  })
}
