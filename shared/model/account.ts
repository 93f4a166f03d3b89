import { z } from 'zod'

export const accountSchema = z.object({
  id: z.string(),
  baseUrl: z.string(),
  organization: z.string(),
  tier: z.string().nullable(),
  /** Requests an hour of the plan; null when none is known. */
  hourlyLimit: z.number().int().nullable(),
  /** Whether requests get through; `refused`: the key is not accepted any more. */
  state: z.enum(['online', 'offline', 'refused']),
  /** Why it is not online, in words. */
  problem: z.string().nullable(),
  /** Requests made within the last hour. */
  used: z.number().int(),
  /** Nothing is sent until then, milliseconds since 1970; null when requests go out. */
  pausedUntilMs: z.number().nullable(),
})
export type Account = z.infer<typeof accountSchema>

/** A dataset as the service lists it. */
export const listedDatasetSchema = z.object({
  remoteId: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  imageCount: z.number().int(),
  completedCount: z.number().int(),
  sizeBytes: z.number(),
  isArchived: z.boolean(),
  isCold: z.boolean(),
  /** Its id on this machine, once it has been opened. */
  datasetId: z.string().nullable(),
  /** What this machine has not told the service yet. */
  waiting: z.number().int(),
})
export type ListedDataset = z.infer<typeof listedDatasetSchema>
