import { z } from 'zod'

export const accountSchema = z.object({
  id: z.string(),
  baseUrl: z.string(),
  organization: z.string(),
  tier: z.string().nullable(),
  /** The plan's requests per hour; null if unknown. */
  hourlyLimit: z.number().int().nullable(),
  /** Whether the service is reachable; `refused`: the key is no longer accepted. */
  state: z.enum(['online', 'offline', 'refused']),
  /** Why it is not online. */
  problem: z.string().nullable(),
  /** Requests within the last hour. */
  used: z.number().int(),
  /** Nothing is sent until then, in milliseconds since 1970; null while requests go out. */
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
  /** The local id, once it has been opened. */
  datasetId: z.string().nullable(),
  /** Number of unpushed changes. */
  waiting: z.number().int(),
})
export type ListedDataset = z.infer<typeof listedDatasetSchema>
