import { z } from 'zod'
import { count, flag, number, requiredCount, requiredId, text, time } from './tolerant.ts'

export interface BatchClass {
  name: string
  output?: 'polygon' | 'bbox' | 'tag'
}

export interface BatchOptions {
  classes?: readonly BatchClass[]
  /** 0..1 */
  confidenceThreshold?: number
  topK?: number
  /** UUID of a model of the organisation, which has its own classes. */
  modelId?: string
  /** Processes overlapping slices to find small objects; not with a model. */
  sahiEnabled?: boolean
  /** 256–1024 pixels. */
  sahiSliceSize?: number
}

export const BATCH_OPTIONS = {
  confidenceThreshold: 'confidence_threshold',
  topK: 'top_k',
  modelId: 'model_id',
  sahiEnabled: 'sahi_enabled',
  sahiSliceSize: 'sahi_slice_size',
}

export const wireClasses = (classes: readonly BatchClass[] = []) =>
  classes.map(({ name, output = 'polygon' }) => ({ name, output_type: output }))

export interface SimilarOptions {
  /** Example annotations, or with `referenceClass` all polygons of a class in the image. */
  annotationIds?: readonly string[]
  referenceClass?: string
  scope?: 'directory' | 'dataset'
  output?: 'polygon' | 'bbox' | 'obb'
  /** The class of the results. */
  targetClass?: string
  /** 0.2–0.8 */
  confidence?: number
}

export const SIMILAR_OPTIONS = {
  annotationIds: 'annotation_ids',
  referenceClass: 'reference_class',
  scope: 'scope',
  output: 'output_type',
  targetClass: 'target_class',
  confidence: 'confidence',
}

/** A new job. */
export const begunSchema = z.object({
  job_id: requiredId,
  status: text,
  total_images: number,
  /** Millionths of a dollar. */
  estimated_credits: number,
})

export const quoteSchema = z.object({
  total_images: number,
  /** Millionths of a dollar. */
  estimated_credits: number,
  remaining_credits: number,
  sufficient: flag,
  max_images: number,
  exceeds_max_images: flag,
  total_in_scope: number,
  capped: flag,
  examples: number,
})

export const batchJobSchema = z.object({
  job_id: requiredId,
  /** `pending`, `running`, `completed`, `failed` or `cancelled` */
  status: z.string(),
  progress: number,
  total_images: count,
  processed_images: count,
  total_annotations_added: count,
  /** A number in some answers, a list in others. */
  failed_images: z
    .union([requiredCount, z.array(z.unknown()).transform(({ length }) => length)])
    .catch(0),
  error_message: text,
  completed_at: time,
})
