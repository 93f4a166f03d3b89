import { z } from 'zod'
import { accountSchema, listedDatasetSchema } from '#shared/model/account.ts'
import { annotationSchema } from '#shared/model/annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { commentSchema, reactionSchema } from '#shared/model/comment.ts'
import { datasetSchema } from '#shared/model/dataset.ts'
import { conflictSchema, outboxEntrySchema, pushedSchema } from '#shared/model/sync.ts'
import { offlineStateSchema } from './events.ts'
import { account, id, procedure, remoteDataset } from './procedure.ts'

/** A proposal of assisted labelling; nothing is drawn before the person accepts it. */
const proposalSchema = z.object({
  status: z.enum(['success', 'no_detection', 'below_threshold']),
  annotations: z.array(annotationSchema),
  score: z.number().nullable(),
})
export type Proposal = z.infer<typeof proposalSchema>

const pixel = z.object({ x: z.number(), y: z.number() })
/** By clicks on and beside the thing, a box around it, or words. Image pixels. */
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
      /** Why keys are not well kept on this system; null when they are. */
      warning: z.string().nullable(),
    }),
  ),
  /** Checks the key and keeps it; it is in no answer ever. */
  add: procedure
    .input(z.object({ baseUrl: z.string().min(1), apiKey: z.string() }))
    .output(accountSchema),
  /** Forgets the key and all of the account's datasets on this machine. */
  remove: procedure.input(account).output(z.void()),
  setLimit: procedure
    .input(account.extend({ hourlyLimit: z.number().int().min(1).nullable() }))
    .output(accountSchema),
  /** Asks the service whether it can be reached, now. */
  probe: procedure.input(account).output(accountSchema),
}

export const remote = {
  list: procedure.input(account.extend({ archived: z.boolean() })).output(
    z.object({
      datasets: z.array(listedDatasetSchema),
      /** False: the service could not be asked; these are the ones that were opened here. */
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
  /** Asks for the list of images, and for labels that are known to have changed, again. */
  refresh: procedure.input(z.object({ datasetId: id })).output(z.void()),
  /** Has images (null: all) here without a network, or no longer. */
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
  /** Paid by the call. `target`: the image, and the class of what is found. */
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
  /** Pushes what waits, of all accounts; when it was tried, how much is left. */
  now: procedure.output(z.object({ left: z.number().int() })),
  /** null: all that failed. */
  retry: procedure.input(z.object({ ids: z.array(z.number().int()).nullable() })).output(z.void()),
  /** Gives up a change that was not told; labels become the service's, the log keeps ours. */
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
        /** The first comment of the thread that this is a reply to. */
        parentId: id.nullable(),
      }),
    )
    .output(z.void()),
  setResolved: procedure
    .input(z.object({ id, imageId: id, isResolved: z.boolean() }))
    .output(z.void()),
  /** Adds or removes a reaction of the user's own. */
  react: procedure
    .input(z.object({ id, imageId: id, reaction: reactionSchema, isOn: z.boolean() }))
    .output(z.void()),
}
