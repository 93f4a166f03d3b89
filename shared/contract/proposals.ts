import { z } from 'zod'
import { detectJobSchema } from '#shared/model/detect-job.ts'
import { modelChoiceSchema, proposalSchema } from '#shared/model/proposal.ts'
import { id, procedure } from './procedure.ts'

export const openCountSchema = z.object({
  imageId: id,
  /** Proposals that nobody has accepted or dropped. */
  open: z.number().int(),
  /** How sure the surest is, 0..1. */
  best: z.number(),
})
export type OpenCount = z.infer<typeof openCountSchema>

/** Which proposals of an image are meant. */
export const whichSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ids'), ids: z.array(id).max(10_000) }),
  /** All that are shown, of the model's class `className`. */
  z.object({ kind: z.literal('class'), className: z.string() }),
  /** All that are shown; `skipCovered`: but for those that lie over an annotation. */
  z.object({ kind: z.literal('shown'), skipCovered: z.boolean() }),
])
export type WhichProposals = z.infer<typeof whichSchema>

/** A model that can be asked, or why it cannot. */
export const detectModelSchema = z.object({
  id,
  name: z.string(),
  version: z.string(),
  /** What it was taken for, e.g. `Ultralytics YOLO, boxes`, and why; null: it is no detector. */
  takenFor: z.object({ title: z.string(), why: z.string() }).nullable(),
  /** Why it cannot be asked, in words. */
  problem: z.string().nullable(),
  classes: z.array(z.string()),
  usual: modelChoiceSchema,
})
export type DetectModelInfo = z.infer<typeof detectModelSchema>

export const proposals = {
  /** Those of an image that are open, the surest first. */
  list: procedure.input(z.object({ imageId: id })).output(z.array(proposalSchema)),
  /** Images of a dataset that have open ones. */
  counts: procedure.input(z.object({ datasetId: id })).output(z.array(openCountSchema)),
  /** What was chosen for models in a dataset, by the model's name. */
  choices: procedure
    .input(z.object({ datasetId: id }))
    .output(z.record(z.string(), modelChoiceSchema)),
  setChoice: procedure
    .input(z.object({ datasetId: id, model: z.string(), choice: modelChoiceSchema }))
    .output(z.void()),
  /** Accepts or drops proposals, one step of undo for each image. */
  settle: procedure
    .input(
      z.object({
        datasetId: id,
        /** null: all images of the dataset that have proposals. */
        imageIds: z.array(id).max(10_000).nullable(),
        action: z.enum(['accept', 'drop']),
        which: whichSchema,
        commitId: id,
      }),
    )
    .output(z.object({ images: z.number().int(), proposals: z.number().int() })),
}

export const detection = {
  models: procedure.output(z.array(detectModelSchema)),
  /** `imageIds`: null: the whole dataset. It goes on by itself, after the app was closed, too. */
  start: procedure
    .input(z.object({ datasetId: id, modelId: id, imageIds: z.array(id).nullable() }))
    .output(detectJobSchema),
  jobs: procedure.output(z.array(detectJobSchema)),
  failures: procedure
    .input(z.object({ id }))
    .output(z.array(z.object({ imageId: id, path: z.string(), problem: z.string() }))),
  pause: procedure.input(z.object({ id })).output(z.void()),
  /** Goes on with what is not done, failed images included. */
  resume: procedure.input(z.object({ id })).output(z.void()),
  cancel: procedure.input(z.object({ id })).output(z.void()),
  remove: procedure.input(z.object({ id })).output(z.void()),
}
