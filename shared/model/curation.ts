import { z } from 'zod'

/** Images of one dataset that look the same. */
export const duplicateGroupSchema = z.object({
  imageIds: z.array(z.string()),
  /** Of the two that are most alike, 0..1; null: the service does not say. */
  similarity: z.number().nullable(),
})

export const duplicatesSchema = z.object({
  groups: z.array(duplicateGroupSchema),
  /** How many images the service compared, and how many it has. */
  analyzed: z.number().int(),
  total: z.number().int(),
})
export type Duplicates = z.infer<typeof duplicatesSchema>

export const similarImageSchema = z.object({
  imageId: z.string(),
  /** 0..1 */
  similarity: z.number().nullable(),
})
export type SimilarImage = z.infer<typeof similarImageSchema>

/** What a request for many images did. */
export const batchOutcomeSchema = z.object({
  processed: z.number().int(),
  /** By image, with the service's words. */
  failed: z.array(z.object({ path: z.string(), reason: z.string() })),
})
export type BatchOutcome = z.infer<typeof batchOutcomeSchema>
