import { z } from 'zod'
import { accountSchema, listedDatasetSchema } from '#shared/model/account.ts'
import { annotationSchema } from '#shared/model/annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { commentSchema, reactionSchema } from '#shared/model/comment.ts'
import { datasetSchema } from '#shared/model/dataset.ts'
import { conflictSchema, outboxEntrySchema, pushedSchema } from '#shared/model/sync.ts'
import { offlineStateSchema } from './events.ts'
import { account, id, procedure, remoteDataset } from './procedure.ts'

/** A proposal of assisted labelling; nothing is drawn before the user accepts it. */
const proposalSchema = z.object({
  status: z.enum(['success', 'no_detection', 'below_threshold']),
  annotations: z.array(annotationSchema),
  score: z.number().nullable(),
})
export type Proposal = z.infer<typeof proposalSchema>

const pixel = z.object({ x: z.number(), y: z.number() })
/** A prompt: clicks on and beside the object, a box around it, or a phrase. Image pixels. */
const assistAskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('point'),
    positive: z.array(pixel).min(1),
    negative: z.array(pixel),
  }),
  z.object({
    kind: z.literal('box'),
    box: z.object({
      x: z.number(),
      y: z.number(),
      w: z.number().positive(),
      h: z.number().positive(),
    }),
  }),
  z.object({
    kind: z.literal('text'),
    prompt: z.string().trim().min(1),
    output: z.enum(['polygon', 'bbox']),
  }),
])
export type AssistAsk = z.infer<typeof assistAskSchema>

export const accounts = {
  list: procedure.output(
    z.object({
      accounts: z.array(accountSchema),
      /** Why keys are not stored safely on this system; null if they are. */
      warning: z.string().nullable(),
    }),
  ),
  /** Checks the key and stores it; no answer ever contains it. */
  add: procedure
    .input(z.object({ baseUrl: z.string().min(1), apiKey: z.string() }))
    .output(accountSchema),
  /** Forgets the key and removes all of the account's datasets from this machine. */
  remove: procedure.input(account).output(z.void()),
  setLimit: procedure
    .input(account.extend({ hourlyLimit: z.number().int().min(1).nullable() }))
    .output(accountSchema),
  /** Checks now whether the service is reachable. */
  probe: procedure.input(account).output(accountSchema),
}

export const remote = {
  list: procedure.input(account.extend({ archived: z.boolean() })).output(
    z.object({
      datasets: z.array(listedDatasetSchema),
      /** False: the service is unreachable; the list has only the datasets that were opened here. */
      isComplete: z.boolean(),
      problem: z.string().nullable(),
    }),
  ),
  create: procedure
    .input(
      account.extend({
        name: z.string().trim().min(1),
        description: z.string().nullable(),
        classes: z.array(annotationClassSchema),
      }),
    )
    .output(listedDatasetSchema),
  rename: procedure
    .input(remoteDataset.extend({ name: z.string().trim().min(1) }))
    .output(z.void()),
  setArchived: procedure.input(remoteDataset.extend({ archived: z.boolean() })).output(z.void()),
  open: procedure.input(remoteDataset).output(datasetSchema),
  /** Refreshes the image list, and the labels that have changed. */
  refresh: procedure.input(z.object({ datasetId: id })).output(z.void()),
  /** Marks images (null: all) to be kept offline, or no longer. */
  keepOffline: procedure
    .input(z.object({ datasetId: id, imageIds: z.array(id).nullable() }))
    .output(z.void()),
  release: procedure
    .input(z.object({ datasetId: id, imageIds: z.array(id).nullable() }))
    .output(z.void()),
  pauseOffline: procedure.input(z.object({ datasetId: id })).output(z.void()),
  resumeOffline: procedure.input(z.object({ datasetId: id })).output(z.void()),
  offlineState: procedure
    .input(z.object({ datasetId: id }))
    .output(offlineStateSchema.extend({ freeBytes: z.number(), cacheBytes: z.number() })),
  /** Charged per call. `target`: the image, and the class of the result. */
  assist: procedure
    .input(
      z.object({
        imageId: id,
        className: z.string(),
        ask: assistAskSchema,
      }),
    )
    .output(proposalSchema),
}

export const sync = {
  outbox: procedure.output(
    z.object({ entries: z.array(outboxEntrySchema), pushed: z.array(pushedSchema) }),
  ),
  /** Pushes the waiting changes of all accounts; returns how many are left. */
  now: procedure.output(z.object({ left: z.number().int() })),
  /** null: all failed ones. */
  retry: procedure.input(z.object({ ids: z.array(z.number().int()).nullable() })).output(z.void()),
  /** Discards an unpushed change; labels revert to the service's, the edit log keeps ours. */
  discard: procedure.input(z.object({ id: z.number().int() })).output(z.void()),
  conflicts: procedure.input(z.object({ imageId: id })).output(z.array(conflictSchema)),
  resolve: procedure
    .input(
      z.object({
        imageId: id,
        /** null: all. */
        annotationIds: z.array(id).nullable(),
        choice: z.enum(['mine', 'theirs', 'both']),
        commitId: id,
      }),
    )
    .output(z.void()),
}

export const comments = {
  list: procedure.input(z.object({ imageId: id })).output(z.array(commentSchema)),
  add: procedure
    .input(
      z.object({
        imageId: id,
        annotationId: id,
        body: z.string().trim().min(1),
        /** The first comment of the thread that this one replies to. */
        parentId: id.nullable(),
      }),
    )
    .output(z.void()),
  setResolved: procedure
    .input(z.object({ id, imageId: id, isResolved: z.boolean() }))
    .output(z.void()),
  /** Adds or removes the user's own reaction. */
  react: procedure
    .input(z.object({ id, imageId: id, reaction: reactionSchema, isOn: z.boolean() }))
    .output(z.void()),
}
