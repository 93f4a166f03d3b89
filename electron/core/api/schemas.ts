import { z } from 'zod'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import {
  anyId,
  confirmedBy,
  count,
  flag,
  number,
  renamed,
  requiredCount,
  requiredId,
  requiredName,
  rows,
  size,
  text,
  texts,
  time,
  whole,
} from './tolerant.ts'

/**
 * The service's answers, under its own field names. Other fields are ignored. Only indispensable fields are required,
 * because the service evolves and other clients write unexpected data.
 */

const counts = z.record(z.string(), requiredCount)

/** Older names of stages and splits. */
const OLD_STAGES: Readonly<Record<string, string>> = {
  in_progress: 'annotate',
  completed: 'complete',
  done: 'complete',
}
const OLD_SPLITS: Readonly<Record<string, string>> = { valid: 'val', validation: 'val' }

const read = (names: Readonly<Record<string, string>>) => (value: unknown) =>
  typeof value === 'string' ? (names[value.toLowerCase()] ?? value.toLowerCase()) : value
const stage = z.preprocess(read(OLD_STAGES), stageSchema).catch('new')
const split = z.preprocess(read(OLD_SPLITS), splitSchema.nullish()).catch(null)

/** Older names of an answer's fields. */
const OLD_NAMES = { dataset_id: ['project_id'], dataset: ['project'] }

/**
 * A class as any client may have written it. Unknown fields stay, so that they are sent back unchanged; `mendClasses`
 * converts it to the app's form.
 */
const remoteClassSchema = z.looseObject({ name: requiredName })

/** A class of the service, identified by name and type: `car` as box and `car` as polygon are two. */
export interface RemoteClass {
  name: string
  /** `box` (or `bbox`), `polygon`, `polyline`, `keypoint`, or `tag` for a whole image. */
  type?: unknown
  /** `#e6194b` */
  color?: unknown
  /** `[{ name, type: text | number | select | checkbox, values? }]` */
  attributes?: unknown
  /** `{ nodes: [{ name, x?, y? }], edges: [[i, j]] }` */
  skeleton?: unknown
  [field: string]: unknown
}

export const remoteClassesSchema = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((items): RemoteClass[] | undefined =>
    items?.flatMap((item) => remoteClassSchema.safeParse(item).data ?? []),
  )

export const remoteImageSchema = renamed(
  OLD_NAMES,
  z.object({
    id: requiredId,
    dataset_id: anyId,
    filename: requiredName,
    status: stage,
    split,
    /** null: unknown. That is not 0: an image without labels may be saved without being read first. */
    annotation_count: whole,
    min_confidence: number,
    file_size: whole,
    width: size,
    height: size,
    content_type: text,
    directory_path: text,
    tags: texts,
    is_archived: flag,
    image_url: text,
    thumbnail_url: text,
    annotation_url: text,
    created_at: time,
  }),
)
export type RemoteImage = z.infer<typeof remoteImageSchema>

export const remoteDatasetSchema = z.object({
  id: requiredId,
  organization_id: anyId,
  name: requiredName,
  description: text,
  readme: text,
  annotation_types: texts,
  classes: remoteClassesSchema,
  image_count: count,
  completed_image_count: count,
  archived_image_count: count,
  /** Bytes. */
  total_size: count,
  is_public: flag,
  is_archived: flag,
  archived_at: time,
  storage_class: text,
  images: rows(remoteImageSchema).nullish(),
  created_at: time,
  updated_at: time,
})
export type RemoteDataset = z.infer<typeof remoteDatasetSchema>

export const insightsSchema = z.object({
  total_images: count,
  total_annotations: count,
  annotated_images: count,
  unannotated_images: count,
  avg_annotations_per_image: number.transform((value) => value ?? 0),
  total_bytes: count,
  status_counts: counts.catch({}),
  // A class without annotations may be deleted, so an unknown count must not look like 0.
  class_annotation_counts: counts,
  class_image_counts: counts.catch({}),
  type_counts: counts.catch({}),
  annotation_density: counts.catch({}),
  dimensions: z.record(z.string(), z.unknown()).nullish().catch(null),
  model_confidence: z.unknown().optional(),
})

const downloadItemSchema = z.object({
  id: requiredId,
  filename: requiredName,
  file_size: whole,
  annotation_count: whole,
  directory_path: text,
  /** A signed storage address, without the key. */
  image_url: text,
  /** A route of the API, with the key. */
  annotation_url: text,
})
export type DownloadItem = z.infer<typeof downloadItemSchema>

export const downloadListingSchema = z
  .object({
    id: anyId,
    items: z.array(z.unknown()),
    total_items: whole,
  })
  .transform(({ items, ...listing }) => ({
    ...listing,
    items: rows(downloadItemSchema).parse(items),
    /** Includes unreadable items: `DOWNLOAD_LISTING_LIMIT` of them mean that there are more. */
    received: items.length,
  }))

const BATCH_DONE = ['processed', 'failed', 'success']
const batchResult = z.object({
  success: flag,
  processed: count,
  failed: rows(z.object({ id: requiredId, reason: requiredName.catch('no reason given') })),
  affected_directories: texts,
  /** Number of renamed images; older answers list them. */
  renamed: z
    .union([requiredCount, z.array(z.unknown()).transform(({ length }) => length)])
    .nullish()
    .catch(null),
  operation: text,
})

export const batchResultSchema = confirmedBy(BATCH_DONE, batchResult)

/** Additional fields of a copy to another dataset. */
export const copiedSchema = confirmedBy(
  BATCH_DONE,
  batchResult.extend({
    target_dataset: text,
    /** Names of classes that the target lacked. */
    classes_added: texts,
  }),
)

export interface Directory {
  id: string
  name: string
  full_path: string
  image_count: number
  nested_image_count?: number | null | undefined
  children?: Directory[] | null | undefined
}
export const directorySchema: z.ZodType<Directory> = z.object({
  id: requiredId,
  name: requiredName,
  full_path: requiredName,
  image_count: count,
  nested_image_count: whole,
  get children() {
    return rows(directorySchema).nullish()
  },
})

export const savedSchema = z.object({
  image_id: requiredId,
  /** null: not reported; the save has happened all the same. */
  previous_count: whole,
  new_count: whole,
  status: text,
})
export const bulkSavedSchema = z.object({
  saved: rows(savedSchema),
  failed: rows(z.object({ image_id: requiredId, error: requiredName.catch('no reason given') })),
})

export const classChangeSchema = confirmedBy(
  ['dataset_id', 'images_updated', 'annotations_updated', 'annotations_removed', 'config_updated'],
  z.object({
    images_updated: whole,
    annotations_updated: whole,
    annotations_removed: whole,
    config_updated: flag,
  }),
)

export const commentSchema = z.object({
  id: requiredId,
  image_id: anyId,
  annotation_id: anyId,
  /** Empty if deleted. */
  body: text.transform((value) => value ?? ''),
  resolved: flag,
  resolved_by_name: text,
  resolved_at: time,
  /** The comment that this one replies to; always the first of its thread. */
  parent_comment_id: anyId,
  is_edited: flag,
  /** Deleted comments stay in the list, so that their replies keep their place. */
  is_deleted: flag,
  is_mine: flag,
  user_id: anyId,
  author_name: text,
  author_username: text,
  author_avatar_url: text,
  reactions: rows(z.object({ reaction: z.string(), count, reacted: flag })),
  created_at: time,
  updated_at: time,
})
export type RemoteComment = z.infer<typeof commentSchema>

export const exportSchema = renamed(
  { ...OLD_NAMES, dataset_name: ['project_name'] },
  z.object({
    id: requiredId,
    dataset_id: anyId,
    dataset_name: text,
    name: requiredName,
    format: text,
    include_images: flag,
    class_filter: texts,
    status_filter: text,
    /** `pending`, `processing`, `completed` or `failed` */
    status: z.string(),
    error_message: text,
    /** Bytes. */
    file_size: number,
    image_count: number,
    annotation_count: number,
    created_at: time,
    expires_at: time,
  }),
)
export type RemoteExport = z.infer<typeof exportSchema>

export const organizationSchema = z.object({
  id: requiredId,
  name: requiredName,
  slug: text,
  description: text,
  /** `free`, `core`, `pro`, `team` or `enterprise` */
  subscription_tier: text,
  credits_remaining: number,
  credits_monthly_allowance: number,
  credits_reset_at: time,
  max_users: number,
  max_images: number,
  max_storage_bytes: number,
  member_count: number,
})

const hasData = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'data' in value

/** `{ data: … }`; some routes return the record itself. */
export const data = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (value): unknown => (hasData(value) ? value : { data: value }),
    z.object({ data: schema }),
  )
