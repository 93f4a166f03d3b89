import { z } from 'zod'
import { splitSchema, stageSchema } from './dataset.ts'
import { formatIdSchema } from './format.ts'

/** What of a dataset is to be on disk, and how. */
export const downloadOptionsSchema = z.object({
  what: z.enum(['full', 'images_only', 'annotations_only']),
  /** As the SDK lays it out, or a format for training. */
  layout: z.union([z.literal('files'), formatIdSchema]),
  /** Empty: all. */
  stages: z.array(stageSchema),
  splits: z.array(z.union([splitSchema, z.literal('none')])),
  tags: z.array(z.string()),
  classes: z.array(z.string()),
  /** A window names images by our ids, a transfer by the service's; null: all. */
  imageIds: z.array(z.string()).nullable(),
  /**
   * Files in the folder that no download left as they are: they stay and the service's come beside them, they are
   * replaced, or their images are left out.
   */
  onChanged: z.enum(['beside', 'replace', 'skip']).default('beside'),
})
export type DownloadOptions = z.infer<typeof downloadOptionsSchema>

/** How a dataset was downloaded last, to do it again. */
export const downloadChoiceSchema = z.object({
  folder: z.string(),
  options: downloadOptionsSchema,
})
export type DownloadChoice = z.infer<typeof downloadChoiceSchema>

export const ALL_FILES: DownloadOptions = {
  what: 'full',
  layout: 'files',
  stages: [],
  splits: [],
  tags: [],
  classes: [],
  imageIds: null,
  onChanged: 'beside',
}

export const uploadOptionsSchema = z.object({
  /** Below which directory of the dataset, `/` or `/a/b`. */
  directory: z.string(),
  /** Directories of the folder: all, the first level only, or none. */
  tree: z.enum(['keep', 'first', 'flat']),
  onExisting: z.enum(['skip', 'rename', 'replace']),
  /** Label files found beside the images are sent too. */
  withLabels: z.boolean(),
})
export type UploadOptions = z.infer<typeof uploadOptionsSchema>

/** What a download would do, before it is begun. */
export const downloadPlanSchema = z.object({
  images: z.number().int(),
  bytes: z.number(),
  requests: z.number().int(),
  /** Left of the hour's requests; null when no limit is known. */
  requestsLeft: z.number().int().nullable(),
  freeBytes: z.number(),
  /** Something is in the folder already. */
  holdsFiles: z.boolean(),
  /** At the pace of the last transfer, milliseconds; null when there was none. */
  expectedMs: z.number().nullable(),
  /** How annotations come: a file each, or one export. */
  annotations: z.enum(['none', 'files', 'export']),
})
export type DownloadPlan = z.infer<typeof downloadPlanSchema>

/** What was dropped, looked at before anything is sent. */
export const uploadPreviewSchema = z.object({
  images: z.number().int(),
  bytes: z.number(),
  directories: z.array(z.string()),
  /** What is no image, by name; some of them. */
  others: z.array(z.string()),
  otherCount: z.number().int(),
  /** Names that the dataset has already. */
  sameName: z.number().int(),
  /** Under another name, but with the content of an image that was sent from here before. */
  sameContent: z.number().int(),
  /** Label files beside the images, by format. */
  labels: z.array(z.object({ format: formatIdSchema, files: z.number().int() })),
  /** Still looking. */
  isComplete: z.boolean(),
})
export type UploadPreview = z.infer<typeof uploadPreviewSchema>

export const transferStateSchema = z.enum([
  'planning',
  'running',
  'finishing',
  'paused',
  'done',
  'failed',
  'cancelled',
])

export const transferFailureSchema = z.object({
  seq: z.number().int(),
  title: z.string(),
  problem: z.string(),
})
export type TransferFailure = z.infer<typeof transferFailureSchema>

export const transferSchema = z.object({
  id: z.string(),
  kind: z.enum(['download', 'upload']),
  accountId: z.string(),
  /** The dataset's id on the service. */
  remoteId: z.string(),
  /** Its name. */
  name: z.string(),
  /** Of a download the folder, of an upload what was dropped. */
  place: z.string(),
  state: transferStateSchema,
  /** Why it stands still, in words. */
  problem: z.string().nullable(),
  /** When a waiting transfer tries again, milliseconds since 1970; null when it does not wait. */
  retryAtMs: z.number().nullable(),
  /** What is being done now, in words. */
  doing: z.string(),
  files: z.object({
    done: z.number().int(),
    skipped: z.number().int(),
    failed: z.number().int(),
    /** Known so far; all of them when `isPlanned`. */
    total: z.number().int(),
  }),
  bytes: z.object({ done: z.number(), total: z.number() }),
  isPlanned: z.boolean(),
  /** Over the last seconds. */
  bytesPerSecond: z.number(),
  /** Milliseconds; null when it cannot be told. */
  leftMs: z.number().nullable(),
  /** Bytes a second, a point a second, oldest first. */
  history: z.array(z.number()),
  /** Connections at the moment. */
  connections: z.number().int(),
  createdAtMs: z.number(),
  finishedAtMs: z.number().nullable(),
  /** At the end, in words: what was renamed, skipped, lost. */
  report: z.array(z.string()),
})
export type Transfer = z.infer<typeof transferSchema>

/** It is at work, or will be as soon as it can. */
export function isLive({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'planning' || state === 'running' || state === 'finishing'
}

/** How far one is, 0..1: as much by its files as by its bytes, so that it is through when both are. */
export function shareOf({ files, bytes }: Pick<Transfer, 'files' | 'bytes'>): number {
  const parts = [
    { done: files.done + files.skipped, total: files.total },
    { done: bytes.done, total: bytes.total },
  ].filter(({ total }) => total > 0)
  return parts.reduce((sum, { done, total }) => sum + done / total / parts.length, 0)
}

/** How far all that is live is, 0..1: each as much as it has bytes, or files where no bytes are known; null when nothing is. */
export function liveShare(
  transfers: readonly Pick<Transfer, 'state' | 'bytes' | 'files'>[],
): number | null {
  const live = transfers.filter(isLive)
  if (live.length === 0) return null
  const sizeOf = ({ bytes, files }: (typeof live)[number]) => bytes.total || files.total
  const total = live.reduce((sum, transfer) => sum + sizeOf(transfer), 0)
  const done = live.reduce((sum, transfer) => sum + sizeOf(transfer) * shareOf(transfer), 0)
  return total === 0 ? 0 : done / total
}
