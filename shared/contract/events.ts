import { z } from 'zod'
import { changeSetSchema } from '#shared/model/change-set.ts'
import { datasetSchema, imageSchema } from '#shared/model/dataset.ts'

export const appEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('listening') }),
  z.object({
    type: z.literal('images'),
    datasetId: z.string(),
    upserted: z.array(imageSchema),
  }),
  z.object({
    type: z.literal('scan'),
    datasetId: z.string(),
    state: z.enum(['scanning', 'reading', 'done']),
    /** Images found so far, and how many of them have been read (size, orientation). */
    found: z.number().int(),
    read: z.number().int(),
    /** Folders and files that could not be read, in words. */
    problems: z.array(z.string()),
  }),
  z.object({
    type: z.literal('annotations'),
    imageId: z.string(),
    revision: z.number().int(),
    changes: changeSetSchema,
    /** The commit that caused it, so that a window knows its own. */
    commitId: z.string(),
    /** What undo and redo would do on this image now. */
    undo: z.string().nullable(),
    redo: z.string().nullable(),
  }),
  z.object({ type: z.literal('dataset'), dataset: datasetSchema }),
  /** Another start of the app asked for a folder. */
  z.object({ type: z.literal('open-folder'), path: z.string() }),
  z.object({ type: z.literal('notice'), message: z.string() }),
])
export type AppEvent = z.infer<typeof appEventSchema>
