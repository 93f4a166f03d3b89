import { z } from 'zod'
import { annotationSchema } from '#shared/model/annotation.ts'
import { changeSetSchema } from '#shared/model/change-set.ts'
import { imageSchema } from '#shared/model/dataset.ts'
import { id, procedure } from './procedure.ts'

const editOriginSchema = z.enum(['user', 'import', 'label_file', 'sync'])
export type EditOrigin = z.infer<typeof editOriginSchema>

const historyEntrySchema = z.object({
  seq: z.number().int(),
  label: z.string(),
  undone: z.boolean(),
  atMs: z.number(),
  origin: editOriginSchema,
})
export type HistoryEntry = z.infer<typeof historyEntrySchema>

/** Unfinished shapes by the tool that draws them: what each has so far, in the renderer's own JSON. */
export const draftsSchema = z.record(z.string(), z.json())
export type Drafts = z.infer<typeof draftsSchema>
/** What one tool keeps of an unfinished shape. */
export type DraftData = Drafts[string]

/** Where the person looks: image pixels at the centre of the window, and screen pixels per image pixel. */
export const viewSchema = z.object({
  centreX: z.number(),
  centreY: z.number(),
  scale: z.number().positive(),
  /** The whole image fitted: in a window of another size it is fitted anew. */
  isFitted: z.boolean().optional(),
})
export type SavedView = z.infer<typeof viewSchema>

const documentSchema = z.object({
  image: imageSchema.extend({ datasetId: id }),
  revision: z.number().int(),
  annotations: z.array(annotationSchema),
  drafts: draftsSchema,
  view: viewSchema.nullable(),
  /** What undo and redo would do next, in words; null when nothing. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})
export type OpenedDocument = z.infer<typeof documentSchema>

const labelsSchema = z.object({
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})

const committedSchema = labelsSchema.extend({
  /** The image's before and after. Whoever knows another one than the first has missed something. */
  baseRevision: z.number().int(),
  revision: z.number().int(),
})

/** What a step back or forward did; null when there was none. */
const turnedSchema = committedSchema
  .extend({ label: z.string(), changes: changeSetSchema })
  .nullable()

export const annotations = {
  open: procedure.input(z.object({ imageId: id })).output(documentSchema),
  commit: procedure
    .input(
      z.object({
        commitId: id,
        imageId: id,
        label: z.string(),
        changes: changeSetSchema,
        /** The drafts after this edit: without the shape that it finishes. */
        drafts: draftsSchema.optional(),
      }),
    )
    .output(committedSchema),
  /** Edits of several images as one, which one undo takes back on all of them. */
  commitMany: procedure
    .input(
      z.object({
        datasetId: id,
        commitId: id,
        label: z.string(),
        edits: z.array(z.object({ imageId: id, changes: changeSetSchema })).max(10_000),
      }),
    )
    .output(z.object({ images: z.number().int() })),
  undo: procedure.input(z.object({ imageId: id, commitId: id })).output(turnedSchema),
  redo: procedure.input(z.object({ imageId: id, commitId: id })).output(turnedSchema),
  /** What undo and redo would do now, in words. */
  labels: procedure.input(z.object({ imageId: id })).output(labelsSchema),
  /** Edits of an image and of its classes, latest first: those before the edit `before`, or the latest. A page at a time. */
  history: procedure
    .input(z.object({ imageId: id, before: z.number().int().nullable() }))
    .output(z.object({ entries: z.array(historyEntrySchema), hasMore: z.boolean() })),
  /** Undoes, or redoes, until the edit `seq` is the last that holds; null: until before the first. */
  goTo: procedure
    .input(z.object({ imageId: id, seq: z.number().int().nullable() }))
    .output(z.void()),
  saveDrafts: procedure.input(z.object({ imageId: id, drafts: draftsSchema })).output(z.void()),
}
