import { z } from 'zod'
import { splitSchema, stageSchema } from './dataset.ts'
import { formatIdSchema } from './format.ts'

/** What to download of a dataset, and in which format. */
export const downloadOptionsSchema = z.object({
  what: z.enum(['full', 'images_only', 'annotations_only']),
  /** The SDK's layout, or a format for training. */
  layout: z.union([z.literal('files'), formatIdSchema]),
  /** Empty: all. */
  stages: z.array(stageSchema),
  splits: z.array(z.union([splitSchema, z.literal('none')])),
  tags: z.array(z.string()),
  classes: z.array(z.string()),
  /** Local ids from a window, service ids in a transfer; null: all. */
  imageIds: z.array(z.string()).nullable(),
  /**
   * What to do with files in the folder that the user changed: keep them and write the service's version beside them,
   * replace them, or skip their images.
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
  /** The target directory in the dataset, `/` or `/a/b`. */
  directory: z.string(),
  /** Which directories of the folder to keep: all, the first level only, or none. */
  tree: z.enum(['keep', 'first', 'flat']),
  onExisting: z.enum(['skip', 'rename', 'replace']),
  /** Also upload label files found beside the images. */
  withLabels: z.boolean(),
})
export type UploadOptions = z.infer<typeof uploadOptionsSchema>

/** The plan of a download, shown before it starts. */
export const downloadPlanSchema = z.object({
  images: z.number().int(),
  bytes: z.number(),
  requests: z.number().int(),
  /** Requests left in this hour; null if no limit is known. */
  requestsLeft: z.number().int().nullable(),
  freeBytes: z.number(),
  /** The folder already contains something. */
  holdsFiles: z.boolean(),
  /** Estimate from the speed of the last transfer, in milliseconds; null if there was none. */
  expectedMs: z.number().nullable(),
  /** How annotations are fetched: a file per image, or one export. */
  annotations: z.enum(['none', 'files', 'export']),
})
export type DownloadPlan = z.infer<typeof downloadPlanSchema>

/** What was dropped, examined before anything is sent. */
export const uploadPreviewSchema = z.object({
  images: z.number().int(),
  bytes: z.number(),
  directories: z.array(z.string()),
  /** Names of some files that are not images. */
  others: z.array(z.string()),
  otherCount: z.number().int(),
  /** Names that the dataset already has. */
  sameName: z.number().int(),
  /** Other names, but with the content of an image that was uploaded from here. */
  sameContent: z.number().int(),
  /** Label files beside the images, by format. */
  labels: z.array(z.object({ format: formatIdSchema, files: z.number().int() })),
  /** False while it is still searching. */
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
  /** The folder of a download, or what was dropped for an upload. */
  place: z.string(),
  state: transferStateSchema,
  /** Why it stopped. */
  problem: z.string().nullable(),
  /** When a waiting transfer tries again, milliseconds since 1970; null when it does not wait. */
  retryAtMs: z.number().nullable(),
  /** What is being done now, in words. */
  doing: z.string(),
  files: z.object({
    done: z.number().int(),
    skipped: z.number().int(),
    failed: z.number().int(),
    /** Known so far; the final number if `isPlanned`. */
    total: z.number().int(),
  }),
  bytes: z.object({ done: z.number(), total: z.number() }),
  isPlanned: z.boolean(),
  /** Average of the last seconds. */
  bytesPerSecond: z.number(),
  /** Milliseconds; null if unknown. */
  leftMs: z.number().nullable(),
  /** Bytes per second, one point per second, oldest first. */
  history: z.array(z.number()),
  /** Current number of connections. */
  connections: z.number().int(),
  createdAtMs: z.number(),
  finishedAtMs: z.number().nullable(),
  /** Messages at the end: what was renamed, skipped or lost. */
  report: z.array(z.string()),
})
export type Transfer = z.infer<typeof transferSchema>

/** True if it is running or waiting to run. */
export function isLive({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'planning' || state === 'running' || state === 'finishing'
}

/** Progress, 0..1: the average of files and bytes, so that it is complete when both are. */
export function shareOf({ files, bytes }: Pick<Transfer, 'files' | 'bytes'>): number {
  const parts = [
    { done: files.done + files.skipped, total: files.total },
    { done: bytes.done, total: bytes.total },
  ].filter(({ total }) => total > 0)
  return parts.reduce((sum, { done, total }) => sum + done / total / parts.length, 0)
}

/**
 * Progress of all live transfers, 0..1, weighted by bytes, or by files if bytes are unknown; null if there are none.
 */
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
