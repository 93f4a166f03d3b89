import { z } from 'zod'

/** Long work of the core on many images, as windows show it. */
export const workSchema = z.object({
  id: z.string(),
  /** null: it belongs to no dataset. */
  datasetId: z.string().nullable(),
  label: z.string(),
  /** How much is done, 0..1; null: unknown. */
  share: z.number().nullable(),
  canCancel: z.boolean(),
})
export type Work = z.infer<typeof workSchema>
