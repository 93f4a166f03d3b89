import { z } from 'zod'

/** Updates of the app. `off`: no feed is configured, or this build cannot be replaced. */
export const updateStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('current') }),
  z.object({ kind: z.literal('checking') }),
  z.object({ kind: z.literal('available'), version: z.string(), notes: z.string() }),
  z.object({ kind: z.literal('downloading'), version: z.string(), share: z.number() }),
  /** `waitsFor`: why it cannot be installed now; null: it can. */
  z.object({
    kind: z.literal('ready'),
    version: z.string(),
    notes: z.string(),
    waitsFor: z.string().nullable(),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
])
export type UpdateState = z.infer<typeof updateStateSchema>
