import { z } from 'zod'
import { annotationClassSchema, instructionsSchema } from '#shared/model/annotation-class.ts'
import {
  datasetSchema,
  imageSchema,
  labelFilesSchema,
  splitSchema,
  stageSchema,
} from '#shared/model/dataset.ts'
import { viewSchema } from './annotations.ts'
import { id, procedure } from './procedure.ts'

export const classEditSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), class: annotationClassSchema }),
  z.object({ kind: z.literal('rename'), from: z.string(), to: annotationClassSchema.shape.name }),
  z.object({
    kind: z.literal('recolor'),
    name: z.string(),
    color: annotationClassSchema.shape.color,
  }),
  /** The class's attributes and skeleton; an absent one is removed. */
  z.object({
    kind: z.literal('configure'),
    name: z.string(),
    attributes: annotationClassSchema.shape.attributes,
    skeleton: annotationClassSchema.shape.skeleton,
  }),
  z.object({ kind: z.literal('delete'), name: z.string() }),
  /** How to label annotations of the class; null takes the instructions away. */
  z.object({
    kind: z.literal('instruct'),
    name: z.string(),
    instructions: instructionsSchema.nullable(),
  }),
  /** Gives all annotations of `name` to `into`, and deletes `name`. */
  z.object({ kind: z.literal('merge'), name: z.string(), into: z.string() }),
  /** All names in their new order; unnamed classes follow in their current order. */
  z.object({ kind: z.literal('reorder'), names: z.array(z.string()).max(10_000) }),
])
export type ClassEdit = z.infer<typeof classEditSchema>

export const datasets = {
  list: procedure.output(z.array(datasetSchema)),
  get: procedure.input(z.object({ id })).output(datasetSchema),
  openFolder: procedure.input(z.object({ path: z.string().min(1) })).output(datasetSchema),
  /** A folder, an image in its folder, or a link. `imageId`: the image to show; null: the first one. */
  openTarget: procedure
    .input(z.object({ target: z.string().min(1) }))
    .output(z.object({ dataset: datasetSchema, imageId: id.nullable() })),
  /** A link to a remote dataset, or to an image in it; null for a local folder. */
  link: procedure.input(z.object({ id, imageId: id.nullable() })).output(z.string().nullable()),
  openSample: procedure.output(datasetSchema),
  /** Rescans the folder and starts watching it. */
  open: procedure.input(z.object({ id })).output(datasetSchema),
  relocate: procedure.input(z.object({ id, path: z.string().min(1) })).output(datasetSchema),
  forget: procedure.input(z.object({ id })).output(z.void()),
  editClasses: procedure
    .input(z.object({ id, commitId: id, edit: classEditSchema }))
    .output(datasetSchema),
  classCounts: procedure.input(z.object({ id })).output(z.record(z.string(), z.number().int())),
  setLabelFiles: procedure
    .input(z.object({ id, labelFiles: labelFilesSchema.nullable() }))
    .output(datasetSchema),
  /** Allows a folder's images to be sent to an account's service for assisted labelling; null revokes it. */
  setAssistAccount: procedure
    .input(z.object({ id, accountId: id.nullable() }))
    .output(datasetSchema),
}

export const images = {
  /** A page in natural order. `after`: the path of the previous page's last image; null: from the beginning. */
  list: procedure
    .input(
      z.object({
        datasetId: id,
        after: z.string().nullable(),
        limit: z.number().int().min(1).max(10_000),
      }),
    )
    .output(z.array(imageSchema)),
  update: procedure
    .input(
      z.object({
        ids: z.array(id).min(1).max(10_000),
        stage: stageSchema.optional(),
        split: splitSchema.nullable().optional(),
        tags: z.array(z.string()).optional(),
        addTags: z.array(z.string()).optional(),
        removeTags: z.array(z.string()).optional(),
        /**
         * Of an edit of more images than fit into one call: its id, and whether these are the last ones. The last call
         * resolves when the edit has ended.
         */
        part: z.object({ editId: id, isLast: z.boolean() }).optional(),
      }),
    )
    .output(z.void()),
  /** Which of the next images after a path have annotations of a class; `next`: the path to go on after, null at the end. */
  withClass: procedure
    .input(z.object({ datasetId: id, className: z.string(), after: z.string().nullable() }))
    .output(z.object({ ids: z.array(id), next: z.string().nullable() })),
  saveView: procedure.input(z.object({ id, view: viewSchema })).output(z.void()),
}

export const folders = {
  /** Lists a local folder, for hosts without their own dialog. */
  list: procedure.input(z.object({ path: z.string().nullable() })).output(
    z.object({
      path: z.string(),
      parent: z.string().nullable(),
      places: z.array(z.object({ name: z.string(), path: z.string() })),
      folders: z.array(z.object({ name: z.string(), path: z.string() })),
      files: z.array(z.string()),
      imageCount: z.number().int(),
    }),
  ),
  create: procedure
    .input(z.object({ parent: z.string(), name: z.string().trim().min(1) }))
    .output(z.object({ path: z.string() })),
  pick: procedure.input(z.object({ title: z.string() })).output(z.string().nullable()),
  reveal: procedure.input(z.object({ path: z.string() })).output(z.void()),
}
