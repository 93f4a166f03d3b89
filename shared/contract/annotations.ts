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

/** Unfinished shapes by tool, in the renderer's own JSON. */
export const draftsSchema = z.record(z.string(), z.json())
export type Drafts = z.infer<typeof draftsSchema>
/** One tool's unfinished shape. */
export type DraftData = Drafts[string]

/** The view: the image point at the centre of the window, and screen pixels per image pixel. */
export const viewSchema = z.object({
  centreX: z.number(),
  centreY: z.number(),
  scale: z.number().positive(),
  /** The whole image is fitted; a window of another size fits it again. */
  isFitted: z.boolean().optional(),
})
export type SavedView = z.infer<typeof viewSchema>

const documentSchema = z.object({
  image: imageSchema.extend({ datasetId: id }),
  revision: z.number().int(),
  annotations: z.array(annotationSchema),
  drafts: draftsSchema,
  view: viewSchema.nullable(),
  /** Labels of the next undo and redo; null if there is none. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})
export type OpenedDocument = z.infer<typeof documentSchema>

const labelsSchema = z.object({
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})

const committedSchema = labelsSchema.extend({
  /** The image's revision before and after. If you know a different one than the first, you missed a change. */
  baseRevision: z.number().int(),
  revision: z.number().int(),
})

/** The result of an undo or redo; null if there was none. */
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
        /** The drafts after this edit, without the shape that it completes. */
        drafts: draftsSchema.optional(),
      }),
    )
    .output(committedSchema),
  /** Edits of several images as one step: one undo reverts all of them. */
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
  /** The current labels of undo and redo. */
  labels: procedure.input(z.object({ imageId: id })).output(labelsSchema),
  /** Edits of an image and its classes, latest first, in pages: those before edit `before`, or the latest. */
  history: procedure
    .input(z.object({ imageId: id, before: z.number().int().nullable() }))
    .output(z.object({ entries: z.array(historyEntrySchema), hasMore: z.boolean() })),
  /** Undoes or redoes until edit `seq` is the last one in effect; null: before the first. */
  goTo: procedure
    .input(z.object({ imageId: id, seq: z.number().int().nullable() }))
    .output(z.void()),
  saveDrafts: procedure.input(z.object({ imageId: id, drafts: draftsSchema })).output(z.void()),
}
