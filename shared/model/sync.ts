import { z } from 'zod'
import { annotationSchema } from './annotation.ts'

/** One annotation that both sides changed. `null`: that side deleted it, or (as base) it did not exist. */
export const conflictSchema = z.object({
  id: z.string(),
  /** The fields that both changed to different values; `existence` if one side deleted it. */
  fields: z.array(z.enum(['existence', 'class', 'shape', 'attributes', 'confidence', 'instance'])),
  base: annotationSchema.nullable(),
  mine: annotationSchema.nullable(),
  theirs: annotationSchema.nullable(),
})
export type Conflict = z.infer<typeof conflictSchema>

export const outboxKindSchema = z.enum([
  'annotations',
  'stage',
  'split',
  'tags',
  'classes',
  'comment',
])
export type OutboxKind = z.infer<typeof outboxKindSchema>

/** A change that is not pushed yet. */
export const outboxEntrySchema = z.object({
  id: z.number().int(),
  datasetId: z.string(),
  datasetName: z.string(),
  imageId: z.string().nullable(),
  path: z.string().nullable(),
  kind: outboxKindSchema,
  state: z.enum(['waiting', 'failed', 'conflict']),
  /** Description of the change, with the service's reason if it was refused. */
  what: z.string(),
  problem: z.string().nullable(),
  requestId: z.string().nullable(),
  queuedAtMs: z.number(),
})
export type OutboxEntry = z.infer<typeof outboxEntrySchema>

export const pushedSchema = z.object({
  id: z.number().int(),
  datasetName: z.string(),
  path: z.string().nullable(),
  message: z.string(),
  atMs: z.number(),
})
export type Pushed = z.infer<typeof pushedSchema>
