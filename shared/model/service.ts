import { z } from 'zod'

/** What the organisation can spend. Micro-USD; null: the service does not say. */
export const creditsSchema = z.object({
  /** Left of what the plan includes, and what it includes. */
  includedRemaining: z.number().nullable(),
  included: z.number().nullable(),
  /** Left of the budget beyond it. */
  budgetRemaining: z.number().nullable(),
  /** Milliseconds since 1970. */
  resetsAtMs: z.number().nullable(),
})
export type Credits = z.infer<typeof creditsSchema>

/** What one answer of assisted labelling costs, and what can be spent. Micro-USD; null: the service does not say. */
export const promptPriceSchema = z.object({
  price: z.number().nullable(),
  remaining: z.number().nullable(),
})
export type PromptPrice = z.infer<typeof promptPriceSchema>

export const taskSchema = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['annotate', 'review']),
  isDone: z.boolean(),
  /** The service's id of its dataset; null: it does not say. */
  remoteId: z.string().nullable(),
  datasetName: z.string().nullable(),
  imageCount: z.number().int(),
  createdAtMs: z.number().nullable(),
})
export type Task = z.infer<typeof taskSchema>

export const jobStateSchema = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])

/** Work of the service in the background: an export, labelling of many images, an import. */
export const jobSchema = z.object({
  id: z.string(),
  /** The service's word, like `export` or `auto_annotate`. */
  type: z.string(),
  name: z.string().nullable(),
  state: jobStateSchema,
  /** 0..100; null: the service does not say. */
  progress: z.number().nullable(),
  problem: z.string().nullable(),
  canCancel: z.boolean(),
  createdAtMs: z.number().nullable(),
})
export type Job = z.infer<typeof jobSchema>

/** Where a dataset's image files lie on the service. */
export const storageSchema = z.object({
  isCold: z.boolean(),
  state: z.enum(['idle', 'freezing', 'restoring']),
  coldSinceMs: z.number().nullable(),
  bytes: z.number(),
  imageCount: z.number().int(),
  /** What bringing it back costs; null unless it is cold and idle. */
  restore: z
    .object({
      microUsd: z.number(),
      daysInCold: z.number(),
      /** Bringing it back earlier costs more. */
      minDays: z.number(),
    })
    .nullable(),
})
export type Storage = z.infer<typeof storageSchema>
