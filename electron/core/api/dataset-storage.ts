import { z } from 'zod'
import { count, flag, number, rows, text } from './tolerant.ts'

/** What bringing a dataset back from cold storage costs; only of one that is cold and idle. */
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
  cold_since: text,
  cold_bytes: number,
  cold_image_count: number,
  storage_job_id: text,
  restore_estimate: estimateSchema.nullish().catch(null),
})
export type DatasetStorage = z.infer<typeof storageSchema>

export const storageJobSchema = z.object({
  job_id: text,
  storage_state: text,
  /** Millionths of a dollar, charged when it is back. */
  quoted_micro_usd: number,
})

const memberSchema = z.object({
  id: z.string(),
  filename: z.string(),
  virtual_directory_path: text,
  status: text,
  annotation_count: count,
})

export const duplicatesSchema = z.object({
  groups: rows(z.object({ members: rows(memberSchema), size: count, max_similarity: number })),
  group_count: count,
  duplicate_image_count: count,
  /** How many could go so that each group keeps one. */
  redundant_count: count,
  analyzed: number,
  total_images: number,
  /** Only a sample was looked at. */
  sample_capped: flag,
  pairs_capped: flag,
})
export type Duplicates = z.infer<typeof duplicatesSchema>

/** How near-duplicates are looked for; values beyond the service's bounds are moved into them. */
export interface DuplicateOptions {
  /** 0.5–0.9999; 0.92 when left out. */
  threshold?: number
  /** Images that are looked at, at most 2000; 1000 when left out. */
  sample?: number
  neighbors?: number
  maxPairs?: number
  /** Only in that directory. */
  directoryPath?: string
}

/** The same under the service's names. */
export const DUPLICATE_OPTIONS = {
  threshold: 'threshold',
  sample: 'sample',
  neighbors: 'neighbors',
  maxPairs: 'max_pairs',
  directoryPath: 'directory_path',
}
