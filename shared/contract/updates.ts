import { z } from 'zod'

/** Of the app itself. `off`: no feed is configured, or this build cannot be replaced. */
export const updateStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('current') }),
  z.object({ kind: z.literal('checking') }),
  z.object({ kind: z.literal('available'), version: z.string(), notes: z.string() }),
  z.object({ kind: z.literal('downloading'), version: z.string(), share: z.number() }),
  /** `waitsFor`: why it is not installed now, in words; null: it can be. */
  z.object({
    kind: z.literal('ready'),
    version: z.string(),
    notes: z.string(),
    waitsFor: z.string().nullable(),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
])
export type UpdateState = z.infer<typeof updateStateSchema>
