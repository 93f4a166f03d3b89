import { z } from 'zod'

/** A model asked about images of a dataset, in the background. */
export const detectJobSchema = z.object({
  id: z.string(),
  datasetId: z.string(),
  datasetName: z.string(),
  /** The model's name and version. */
  model: z.string(),
  state: z.enum(['running', 'paused', 'done', 'failed', 'cancelled']),
  /** Why it stopped, in words. */
  problem: z.string().nullable(),
  images: z.object({ total: z.number().int(), done: z.number().int(), failed: z.number().int() }),
  /** Objects. */
  found: z.number().int(),
})
export type DetectJob = z.infer<typeof detectJobSchema>
