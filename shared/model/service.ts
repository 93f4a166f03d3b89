import { z } from 'zod'

/** The organisation's credits, in micro-USD; null: unknown. */
export const creditsSchema = z.object({
  /** Remaining and total included credits of the plan. */
  includedRemaining: z.number().nullable(),
  included: z.number().nullable(),
  /** Remaining budget beyond the plan. */
  budgetRemaining: z.number().nullable(),
  /** Milliseconds since 1970. */
  resetsAtMs: z.number().nullable(),
})
export type Credits = z.infer<typeof creditsSchema>

/** The price of one assisted-labelling request, and the available credits. Micro-USD; null: unknown. */
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
  /** The service's id of its dataset; null: unknown. */
  remoteId: z.string().nullable(),
  datasetName: z.string().nullable(),
  imageCount: z.number().int(),
  createdAtMs: z.number().nullable(),
})
export type Task = z.infer<typeof taskSchema>

export const jobStateSchema = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])

/** A background job of the service: an export, labelling of many images, an import. */
export const jobSchema = z.object({
  id: z.string(),
  /** The service's type, such as `export` or `auto_annotate`. */
  type: z.string(),
  name: z.string().nullable(),
  state: jobStateSchema,
  /** 0..100; null: unknown. */
  progress: z.number().nullable(),
  problem: z.string().nullable(),
  canCancel: z.boolean(),
  createdAtMs: z.number().nullable(),
})
export type Job = z.infer<typeof jobSchema>

/** The storage class of a dataset's image files on the service. */
export const storageSchema = z.object({
  isCold: z.boolean(),
  state: z.enum(['idle', 'freezing', 'restoring']),
  coldSinceMs: z.number().nullable(),
  bytes: z.number(),
  imageCount: z.number().int(),
  /** The price of restoring it; null unless it is cold and idle. */
  restore: z
    .object({
      microUsd: z.number(),
      daysInCold: z.number(),
      /** Restoring it earlier costs more. */
      minDays: z.number(),
    })
    .nullable(),
})
export type Storage = z.infer<typeof storageSchema>
