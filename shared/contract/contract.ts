import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { accountSchema, listedDatasetSchema } from '#shared/model/account.ts'
import { annotationSchema } from '#shared/model/annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { changeSetSchema } from '#shared/model/change-set.ts'
import {
  datasetSchema,
  imageSchema,
  labelFilesSchema,
  splitSchema,
  stageSchema,
} from '#shared/model/dataset.ts'
import {
  exportOptionsSchema,
  formatIdSchema,
  imageModeSchema,
  importFailureSchema,
  lossSchema,
} from '#shared/model/format.ts'
import {
  commentSchema,
  conflictSchema,
  outboxEntrySchema,
  pushedSchema,
} from '#shared/model/sync.ts'
import {
  downloadOptionsSchema,
  downloadPlanSchema,
  transferFailureSchema,
  transferSchema,
  uploadOptionsSchema,
  uploadPreviewSchema,
} from '#shared/model/transfer.ts'
import { appEventSchema, offlineStateSchema } from './events.ts'
import { settingsSchema } from './settings.ts'
import { updateStateSchema } from './updates.ts'
import { windowDescriptionSchema } from './window.ts'

/** Everything that can go wrong for a reason a person can act on; the message is for them. */
const procedure = oc.errors({
  PROBLEM: {
    status: 422,
    /** `requestId`: what the service calls the request in its logs. */
    data: z.object({ reason: z.string(), requestId: z.string().nullable() }),
  },
  /** The edit was made on a revision that is no longer the image's: read it again. */
  STALE: { status: 409, message: 'The image was changed elsewhere.' },
})

const editOriginSchema = z.enum(['user', 'import', 'label_file', 'sync'])
export type EditOrigin = z.infer<typeof editOriginSchema>

export const classEditSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), class: annotationClassSchema }),
  z.object({ kind: z.literal('rename'), from: z.string(), to: annotationClassSchema.shape.name }),
  z.object({
    kind: z.literal('recolor'),
    name: z.string(),
    color: annotationClassSchema.shape.color,
  }),
  /** What the class asks of its annotations; an absent part is taken away. */
  z.object({
    kind: z.literal('configure'),
    name: z.string(),
    attributes: annotationClassSchema.shape.attributes,
    skeleton: annotationClassSchema.shape.skeleton,
  }),
  z.object({ kind: z.literal('delete'), name: z.string() }),
])
export type ClassEdit = z.infer<typeof classEditSchema>

const historyEntrySchema = z.object({
  seq: z.number().int(),
  label: z.string(),
  undone: z.boolean(),
  atMs: z.number(),
  origin: editOriginSchema,
})
export type HistoryEntry = z.infer<typeof historyEntrySchema>

const id = z.string().min(1)

/** Unfinished shapes by the tool that draws them: what each has so far, in the renderer's own JSON. */
const draftsSchema = z.record(z.string(), z.json())
export type Drafts = z.infer<typeof draftsSchema>
/** What one tool keeps of an unfinished shape. */
export type DraftData = Drafts[string]

/** Where the person looks: image pixels at the centre of the window, and screen pixels per image pixel. */
const viewSchema = z.object({
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

const committedSchema = z.object({
  revision: z.number().int(),
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})

/** What a step back or forward did; null when there was none. */
const turnedSchema = committedSchema
  .extend({ label: z.string(), changes: changeSetSchema })
  .nullable()

const progressSchema = z.object({
  type: z.literal('progress'),
  done: z.number().int(),
  total: z.number().int(),
  doing: z.string(),
})

const exportReportSchema = z.object({
  folder: z.string(),
  images: z.number().int(),
  annotations: z.number().int(),
  files: z.number().int(),
  losses: z.array(lossSchema),
})
export type ExportReport = z.infer<typeof exportReportSchema>

const importPlanSchema = z.object({
  planId: id,
  format: formatIdSchema,
  files: z.number().int(),
  matchedImages: z.number().int(),
  annotations: z.number().int(),
  /** Of the annotations, those that the images have already, to the letter. */
  identical: z.number().int(),
  /** Images of whose labels only a part could be read: they are added to, never replaced. */
  incompleteImages: z.number().int(),
  /** Annotations that the images already have. */
  existingAnnotations: z.number().int(),
  unmatched: z.array(z.string()),
  newClasses: z.array(annotationClassSchema),
  failed: z.array(importFailureSchema),
  losses: z.array(lossSchema),
})
export type ImportPlan = z.infer<typeof importPlanSchema>

const importReportSchema = z.object({ images: z.number().int(), annotations: z.number().int() })

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

const account = z.object({ accountId: id })
const remoteDataset = account.extend({ remoteId: id })

export const contract = {
  accounts: {
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
  },
  remote: {
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
  },
  sync: {
    outbox: procedure.output(
      z.object({ entries: z.array(outboxEntrySchema), pushed: z.array(pushedSchema) }),
    ),
    /** Pushes what waits, of all accounts; when it was tried, how much is left. */
    now: procedure.output(z.object({ left: z.number().int() })),
    /** null: all that failed. */
    retry: procedure
      .input(z.object({ ids: z.array(z.number().int()).nullable() }))
      .output(z.void()),
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
  },
  transfers: {
    list: procedure.output(z.array(transferSchema)),
    failures: procedure.input(z.object({ id })).output(z.array(transferFailureSchema)),
    planDownload: procedure
      .input(
        remoteDataset.extend({
          name: z.string(),
          folder: z.string().min(1),
          options: downloadOptionsSchema,
        }),
      )
      .output(downloadPlanSchema),
    download: procedure
      .input(
        remoteDataset.extend({
          name: z.string(),
          folder: z.string().min(1),
          options: downloadOptionsSchema,
        }),
      )
      .output(transferSchema),
    /** Looks at folders, files and ZIPs of this machine; tells as it finds, nothing is sent. */
    previewUpload: procedure
      .input(
        account.extend({
          remoteId: id.nullable(),
          paths: z.array(z.string().min(1)).min(1),
          options: uploadOptionsSchema,
        }),
      )
      .output(eventIterator(uploadPreviewSchema)),
    upload: procedure
      .input(
        remoteDataset.extend({
          name: z.string(),
          paths: z.array(z.string().min(1)).min(1),
          options: uploadOptionsSchema,
          /** Of files that were streamed here for this upload: what `stage` gave. */
          stageId: id.nullable(),
        }),
      )
      .output(transferSchema),
    /** A place to stream dropped files to, where the window has no paths: PUT `/stage/<id>/<path>`. */
    stage: procedure.output(z.object({ stageId: id, folder: z.string() })),
    unstage: procedure.input(z.object({ stageId: id })).output(z.void()),
    pause: procedure.input(z.object({ id })).output(z.void()),
    resume: procedure.input(z.object({ id })).output(z.void()),
    cancel: procedure.input(z.object({ id })).output(z.void()),
    retry: procedure.input(z.object({ id })).output(z.void()),
    remove: procedure.input(z.object({ id })).output(z.void()),
  },
  comments: {
    list: procedure.input(z.object({ imageId: id })).output(z.array(commentSchema)),
    add: procedure
      .input(z.object({ imageId: id, annotationId: id, body: z.string().trim().min(1) }))
      .output(z.void()),
    setResolved: procedure
      .input(z.object({ id, imageId: id, isResolved: z.boolean() }))
      .output(z.void()),
  },
  app: {
    info: procedure.output(
      z.object({
        version: z.string(),
        host: z.enum(['electron', 'node']),
        dataDir: z.string(),
        /** Stays the same for as long as the library does. */
        libraryId: id,
        canPickFolder: z.boolean(),
        canReveal: z.boolean(),
        /** Of the host's window around this page; null: a browser's tab. */
        windowId: z.string().nullable(),
      }),
    ),
    /** A folder, image or link that the next page is to open; answered once. */
    takeOpenTarget: procedure.output(z.string().nullable()),
    /** Answers at once, for as long as the engine answers at all. */
    ping: procedure.output(z.void()),
    /** For the system's menu and title bar. */
    describeWindow: procedure.input(windowDescriptionSchema).output(z.void()),
    newWindow: procedure.output(z.void()),
    /** What somebody who is to help needs to know, as text without secrets. */
    diagnostics: procedure.output(z.string()),
    update: procedure.output(updateStateSchema),
    changeUpdate: procedure
      .input(z.object({ step: z.enum(['check', 'download', 'install', 'refuse']) }))
      .output(z.void()),
    events: procedure.output(eventIterator(appEventSchema)),
  },
  settings: {
    get: procedure.output(settingsSchema),
    set: procedure.input(settingsSchema.partial()).output(settingsSchema),
  },
  folders: {
    /** What is in a folder of this machine, for hosts without a dialog of their own. */
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
  },
  datasets: {
    list: procedure.output(z.array(datasetSchema)),
    get: procedure.input(z.object({ id })).output(datasetSchema),
    openFolder: procedure.input(z.object({ path: z.string().min(1) })).output(datasetSchema),
    /** A folder, an image in its folder, or a link. `imageId`: to be shown; null: whichever comes first. */
    openTarget: procedure
      .input(z.object({ target: z.string().min(1) }))
      .output(z.object({ dataset: datasetSchema, imageId: id.nullable() })),
    /** To a dataset of the service, or an image in it; null for a folder. */
    link: procedure.input(z.object({ id, imageId: id.nullable() })).output(z.string().nullable()),
    openSample: procedure.output(datasetSchema),
    /** Looks at the folder again and starts watching it. */
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
  },
  images: {
    list: procedure
      .input(
        z.object({
          datasetId: id,
          offset: z.number().int().min(0),
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
        }),
      )
      .output(z.void()),
    saveView: procedure.input(z.object({ id, view: viewSchema })).output(z.void()),
  },
  annotations: {
    open: procedure.input(z.object({ imageId: id })).output(documentSchema),
    commit: procedure
      .input(
        z.object({
          commitId: id,
          imageId: id,
          baseRevision: z.number().int(),
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
    labels: procedure
      .input(z.object({ imageId: id }))
      .output(committedSchema.omit({ revision: true })),
    history: procedure.input(z.object({ imageId: id })).output(z.array(historyEntrySchema)),
    saveDrafts: procedure.input(z.object({ imageId: id, drafts: draftsSchema })).output(z.void()),
  },
  formats: {
    export: procedure
      .input(
        z.object({
          datasetId: id,
          /** null: all images of the dataset. */
          imageIds: z.array(id).nullable(),
          onlyAnnotated: z.boolean(),
          format: formatIdSchema,
          folder: z.string().min(1),
          images: imageModeSchema,
          options: exportOptionsSchema,
        }),
      )
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            progressSchema,
            z.object({ type: z.literal('done'), report: exportReportSchema }),
          ]),
        ),
      ),
    /** Reads label files and says what importing them would do; nothing is written. */
    planImport: procedure
      .input(
        z.object({ datasetId: id, path: z.string().min(1), format: formatIdSchema.nullable() }),
      )
      .output(importPlanSchema),
    applyImport: procedure
      .input(z.object({ planId: id, mode: z.enum(['add', 'replace']) }))
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            progressSchema,
            z.object({ type: z.literal('done'), report: importReportSchema }),
          ]),
        ),
      ),
  },
}
export type Contract = typeof contract
