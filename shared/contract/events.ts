import { z } from 'zod'
import { accountSchema } from '#shared/model/account.ts'
import { modelFetchSchema } from '#shared/model/assist-model.ts'
import { changeSetSchema } from '#shared/model/change-set.ts'
import { datasetSchema, imageSchema } from '#shared/model/dataset.ts'
import { detectJobSchema } from '#shared/model/detect-job.ts'
import { modelChoiceSchema } from '#shared/model/proposal.ts'
import { transferSchema } from '#shared/model/transfer.ts'
import { workSchema } from '#shared/model/work.ts'
import { openCountSchema } from './proposals.ts'
import { updateStateSchema } from './updates.ts'

/** Progress of making a dataset available offline. */
export const offlineStateSchema = z.object({
  state: z.enum(['running', 'paused', 'idle']),
  done: z.number().int(),
  total: z.number().int(),
  bytes: z.number(),
  totalBytes: z.number(),
  problems: z.array(z.string()),
})
export type OfflineState = z.infer<typeof offlineStateSchema>

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
    /** Messages about unreadable folders and files. */
    problems: z.array(z.string()),
    /** Pictures that are not listed, because they look like masks of listed images, and some of the folders where they lie. */
    masks: z.object({ count: z.number().int(), folders: z.array(z.string()) }),
  }),
  z.object({
    type: z.literal('annotations'),
    imageId: z.string(),
    revision: z.number().int(),
    changes: changeSetSchema,
    /** The commit that caused it, so that a window recognises its own. */
    commitId: z.string(),
    /** Labels of the image's next undo and redo. */
    undo: z.string().nullable(),
    redo: z.string().nullable(),
  }),
  /** Labels of many images of a dataset changed at once: what is shown of it is read again. */
  z.object({ type: z.literal('labels'), datasetId: z.string() }),
  z.object({ type: z.literal('dataset'), dataset: datasetSchema }),
  z.object({ type: z.literal('account'), account: accountSchema }),
  z.object({ type: z.literal('account-removed'), accountId: z.string() }),
  /** Number of unpushed changes of one account. */
  z.object({
    type: z.literal('sync'),
    accountId: z.string(),
    waiting: z.number().int(),
    failed: z.number().int(),
    conflicts: z.number().int(),
    isPushing: z.boolean(),
  }),
  /** The open conflicts of an image changed. */
  z.object({ type: z.literal('conflicts'), imageId: z.string() }),
  z.object({ type: z.literal('comments'), imageId: z.string() }),
  offlineStateSchema.extend({ type: z.literal('offline'), datasetId: z.string() }),
  z.object({ type: z.literal('transfer'), transfer: transferSchema }),
  z.object({ type: z.literal('transfer-removed'), id: z.string() }),
  /** Proposals of images were found, accepted, dropped, or are open again. */
  z.object({
    type: z.literal('proposals'),
    datasetId: z.string(),
    counts: z.array(openCountSchema),
  }),
  z.object({
    type: z.literal('proposal-choice'),
    datasetId: z.string(),
    model: z.string(),
    choice: modelChoiceSchema,
  }),
  z.object({ type: z.literal('detect-job'), job: detectJobSchema }),
  z.object({ type: z.literal('detect-job-removed'), id: z.string() }),
  /** Another start of the app, the file manager or a link asks a window to open something. */
  z.object({ type: z.literal('open'), windowId: z.string(), target: z.string() }),
  /** An entry of the native menu was chosen, by pointer or key. */
  z.object({
    type: z.literal('run-action'),
    windowId: z.string(),
    id: z.string(),
    byKey: z.boolean(),
  }),
  z.object({ type: z.literal('update'), state: updateStateSchema }),
  /** The list of models changed, or how far those are that are being fetched. */
  z.object({ type: z.literal('models'), fetching: z.array(modelFetchSchema) }),
  /** Long work began, or has come further. */
  z.object({ type: z.literal('work'), work: workSchema }),
  z.object({ type: z.literal('work-ended'), id: z.string() }),
  z.object({ type: z.literal('notice'), message: z.string() }),
])
export type AppEvent = z.infer<typeof appEventSchema>
