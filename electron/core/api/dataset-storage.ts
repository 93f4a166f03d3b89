import { z } from 'zod'
import {
  anyId,
  count,
  flag,
  number,
  requiredId,
  requiredName,
  rows,
  text,
  time,
} from './tolerant.ts'

/** The price of restoring a dataset from cold storage; only for one that is cold and idle. */
const estimateSchema = z.looseObject({
  /** Millionths of a dollar. */
  total_micro_usd: number,
  days_in_cold: number,
  min_storage_days: number,
})

export const storageSchema = z.object({
  /** `standard` or `coldline` */
  storage_class: text,
  /** `idle`, `freezing` or `restoring` */
  storage_state: z.string(),
  cold_since: time,
  cold_bytes: number,
  cold_image_count: number,
  storage_job_id: anyId,
  restore_estimate: estimateSchema.nullish().catch(null),
})
export type DatasetStorage = z.infer<typeof storageSchema>

export const storageJobSchema = z.object({
  job_id: anyId,
  storage_state: text,
  /** Millionths of a dollar, charged when the restore is complete. */
  quoted_micro_usd: number,
})

const memberSchema = z.object({
  id: requiredId,
  filename: requiredName,
  virtual_directory_path: text,
  status: text,
  annotation_count: count,
})

export const duplicatesSchema = z.object({
  groups: rows(z.object({ members: rows(memberSchema), size: count, max_similarity: number })),
  group_count: count,
  duplicate_image_count: count,
  /** Number of images that could be removed while each group keeps one. */
  redundant_count: count,
  analyzed: number,
  total_images: number,
  /** Only a sample was compared. */
  sample_capped: flag,
  pairs_capped: flag,
})
export type Duplicates = z.infer<typeof duplicatesSchema>

/** Options for near-duplicates; the service clamps values to its limits. */
export interface DuplicateOptions {
  /** 0.5–0.9999; default 0.92. */
  threshold?: number
  /** Number of images to compare, at most 2000; default 1000. */
  sample?: number
  neighbors?: number
  maxPairs?: number
  /** Only in this directory. */
  directoryPath?: string
}

/** The options under the service's names. */
export const DUPLICATE_OPTIONS = {
  threshold: 'threshold',
  sample: 'sample',
  neighbors: 'neighbors',
  maxPairs: 'max_pairs',
  directoryPath: 'directory_path',
}
