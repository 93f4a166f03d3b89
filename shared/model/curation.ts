import { z } from 'zod'

/** Images of one dataset that look the same. */
export const duplicateGroupSchema = z.object({
  imageIds: z.array(z.string()),
  /** Similarity of the two most similar images, 0..1; null: unknown. */
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

/** The result of a batch request. */
export const batchOutcomeSchema = z.object({
  processed: z.number().int(),
  /** By image, with the service's reason. */
  failed: z.array(z.object({ path: z.string(), reason: z.string() })),
})
export type BatchOutcome = z.infer<typeof batchOutcomeSchema>
