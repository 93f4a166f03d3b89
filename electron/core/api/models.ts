import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { fileForm } from './file-form.ts'
import { type CallOptions, type Http, segment } from './http.ts'
import { wireFields } from './options.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { saveStorage } from './save-file.ts'
import { data } from './schemas.ts'
import {
  anyId,
  flag,
  number,
  requiredId,
  requiredName,
  rows,
  text,
  texts,
  time,
} from './tolerant.ts'
import type { WireAnnotation } from './wire-annotation.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const modelSchema = z.object({
  id: requiredId,
  organization_id: anyId,
  name: requiredName,
  description: text,
  /** `object_detection`, `instance_segmentation`, `semantic_segmentation`, `classification` or `keypoint_detection` */
  model_type: text,
  architecture: text,
  visibility: text,
  /** `training`, `ready`, `failed` or `archived` */
  status: text,
  metrics: z.unknown().optional(),
  /** `classes` in label order. */
  class_mapping: z.looseObject({ classes: texts }).nullish().catch(null),
  training_config: z
    .looseObject({ image_height: number, image_width: number })
    .nullish()
    .catch(null),
  version: z.unknown().optional(),
  precision: text,
  created_at: time,
  updated_at: time,
})
export type RemoteModel = z.infer<typeof modelSchema>

const versionsSchema = z.object({
  versions: rows(z.looseObject({})),
  current_version_id: anyId,
  pinned_version_id: anyId,
  latest_version_id: anyId,
})

const versionSchema = z.looseObject({
  version_id: requiredId,
  version_number: z.unknown().optional(),
  is_current: flag,
})
const fileSchema = z.object({
  version_id: requiredId,
  name: requiredName,
  /** `weights`, `config`, `license` or `readme` */
  kind: text,
  format: text,
  size_bytes: number,
})
const filesSchema = z.object({ versions: rows(versionSchema), files: rows(fileSchema) })
const addressSchema = z.object({ download_url: z.string(), filename: text })

const annotationSchema = z.record(z.string(), z.unknown())
const predictionSchema = z.object({
  annotations: rows(annotationSchema),
  tags: texts,
  tag_scores: z.unknown().optional(),
  model_type: text,
  inference_seconds: number,
})

export interface ModelPrediction {
  annotations: WireAnnotation[]
  /** For a model that classifies whole images. */
  tags: string[]
  modelType: string | null
  inferenceSeconds: number | null
}

export interface WeightsOptions {
  format?: 'onnx' | 'pytorch' | 'safetensors' | 'pte' | 'engine'
  precision?: 'fp32' | 'fp16'
  target?: string
}

/** Models of the organisation. `model` is a name or a UUID. All methods throw a PictographError. */
export class Models {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(
    options: CallOptions &
      Range & { name?: string; datasetId?: string; status?: string; modelType?: string } = {},
  ): Listing<RemoteModel> {
    const { name, datasetId, status, modelType, limit, offset, ...call } = options
    const filter = { name, dataset_id: datasetId, status, model_type: modelType }
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(modelSchema), 'GET', '/models/', {
          ...call,
          query: { limit, offset, ...filter },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  async get(model: string, call: CallOptions = {}): Promise<RemoteModel> {
    return (await this.#http.json(data(modelSchema), 'GET', `/models/${segment(model)}`, call)).data
  }

  async versions(model: string, call: CallOptions = {}) {
    const path = `/models/${segment(model)}/versions`
    return (await this.#http.json(data(versionsSchema), 'GET', path, call)).data
  }

  /** The files of each version: weights, configuration, licence, readme. */
  async files(model: string, call: CallOptions = {}) {
    const path = `/models/${segment(model)}/files`
    return (await this.#http.json(data(filesSchema), 'GET', path, call)).data
  }

  /** A signed address of the weights, valid for an hour, and the file name. Default format: ONNX. */
  async downloadUrl(
    model: string,
    { format = 'onnx', precision, target, ...call }: CallOptions & WeightsOptions = {},
  ): Promise<{ url: string; filename: string | null }> {
    const path = `/models/${segment(model)}/download`
    const query = { format, precision, target }
    const answer = await this.#http.json(data(addressSchema), 'GET', path, { ...call, query })
    return { url: answer.data.download_url, filename: answer.data.filename ?? null }
  }

  /** Downloads the weights, under a temporary name until they are complete. */
  async download(
    model: string,
    file: string,
    options: CallOptions & WeightsOptions = {},
  ): Promise<void> {
    const { url } = await this.downloadUrl(model, options)
    await saveStorage(this.#http, url, file, options)
  }

  /** Downloads one of a model's `files`. */
  async downloadFile(
    model: string,
    { versionId, name }: { versionId: string; name: string },
    file: string,
    call: CallOptions = {},
  ): Promise<void> {
    const path = `/models/${segment(model)}/files/download`
    const query = { version_id: versionId, name }
    const answer = await this.#http.json(data(addressSchema), 'GET', path, { ...call, query })
    const { download_url } = answer.data
    // Licence and readme are embedded in the address.
    if (download_url.startsWith('data:')) await writeFile(file, await bytesOfDataUrl(download_url))
    else await saveStorage(this.#http, download_url, file, call)
  }

  /** Runs a model on a local picture of at most 25 MB; `id` is its UUID. Free, within a daily capacity. */
  async predict(
    id: string,
    file: string,
    options: CallOptions & { confidenceThreshold?: number; topK?: number } = {},
  ): Promise<ModelPrediction> {
    const { signal, idempotencyKey, retries, ...given } = options
    const query = wireFields('models.predict', given, {
      confidenceThreshold: 'confidence_threshold',
      topK: 'top_k',
    }) as Record<string, number>
    const call = {
      ...(signal && { signal }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(retries !== undefined && { retries }),
    }
    const path = `/models/${segment(id)}/predict`
    const body = await fileForm(file)
    const { data: found } = await this.#http.json(data(predictionSchema), 'POST', path, {
      ...call,
      query,
      body,
      silenceMs: PREDICT_MS,
    })
    return {
      annotations: found.annotations,
      tags: found.tags ?? [],
      modelType: found.model_type ?? null,
      inferenceSeconds: found.inference_seconds ?? null,
    }
  }
}

/** The first picture may wait until the model is loaded. Milliseconds. */
const PREDICT_MS = 300_000

async function bytesOfDataUrl(address: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(address)).arrayBuffer())
}
