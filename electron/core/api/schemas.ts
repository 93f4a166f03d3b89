import { z } from 'zod'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { count, flag, number, rows, text, texts } from './tolerant.ts'

/**
 * The service's answers, under its own field names. Other fields are ignored. Only indispensable fields are required,
 * because the service evolves and other clients write unexpected data.
 */

const int = z.number().int()
const counts = z.record(z.string(), int)

/**
 * A class as any client may have written it. Unknown fields stay, so that they are sent back unchanged; `mendClasses`
 * converts it to the app's form.
 */
const remoteClassSchema = z.looseObject({ name: z.string() })

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

export const remoteImageSchema = z.object({
  id: z.string(),
  dataset_id: text,
  filename: z.string(),
  status: stageSchema.catch('new'),
  split: splitSchema.nullish().catch(null),
  /** null: unknown. That is not 0: an image without labels may be saved without being read first. */
  annotation_count: int.nullish().catch(null),
  min_confidence: number,
  file_size: int.nullish().catch(null),
  width: int.nullish().catch(null),
  height: int.nullish().catch(null),
  content_type: text,
  directory_path: text,
  tags: texts,
  is_archived: flag,
  image_url: text,
  thumbnail_url: text,
  annotation_url: text,
  created_at: text,
})
export type RemoteImage = z.infer<typeof remoteImageSchema>

export const remoteDatasetSchema = z.object({
  id: z.string(),
  organization_id: text,
  name: z.string(),
  description: text,
  readme: text,
  annotation_types: texts,
  classes: z
    .array(z.unknown())
    .nullish()
    .catch(null)
    .transform((items): RemoteClass[] | undefined =>
      items?.flatMap((item) => remoteClassSchema.safeParse(item).data ?? []),
    ),
  image_count: count,
  completed_image_count: count,
  archived_image_count: count,
  /** Bytes. */
  total_size: count,
  is_public: flag,
  is_archived: flag,
  archived_at: text,
  storage_class: text,
  images: rows(remoteImageSchema).nullish(),
  created_at: text,
  updated_at: text,
})
export type RemoteDataset = z.infer<typeof remoteDatasetSchema>

export const insightsSchema = z.object({
  total_images: count,
  total_annotations: count,
  annotated_images: count,
  unannotated_images: count,
  avg_annotations_per_image: z.number().catch(0),
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
  id: z.string(),
  filename: z.string(),
  file_size: int.nullish().catch(null),
  annotation_count: int.nullish().catch(null),
  directory_path: text,
  /** A signed storage address, without the key. */
  image_url: text,
  /** A route of the API, with the key. */
  annotation_url: text,
})
export type DownloadItem = z.infer<typeof downloadItemSchema>

export const downloadListingSchema = z
  .object({
    id: text,
    items: z.array(z.unknown()),
    total_items: int.nullish().catch(null),
  })
  .transform(({ items, ...listing }) => ({
    ...listing,
    items: rows(downloadItemSchema).parse(items),
    /** Includes unreadable items: `DOWNLOAD_LISTING_LIMIT` of them mean that there are more. */
    received: items.length,
  }))

export const batchResultSchema = z.object({
  success: flag,
  processed: count,
  failed: rows(z.object({ id: z.string(), reason: z.string().catch('no reason given') })),
  affected_directories: texts,
  /** Number of renamed images; older answers list them. */
  renamed: z
    .union([int, z.array(z.unknown()).transform(({ length }) => length)])
    .nullish()
    .catch(null),
  operation: text,
})

/** Additional fields of a copy to another dataset. */
export const copiedSchema = batchResultSchema.extend({
  target_dataset: text,
  /** Names of classes that the target lacked. */
  classes_added: texts,
})

export interface Directory {
  id: string
  name: string
  full_path: string
  image_count: number
  nested_image_count?: number | null | undefined
  children?: Directory[] | null | undefined
}
export const directorySchema: z.ZodType<Directory> = z.object({
  id: z.string(),
  name: z.string(),
  full_path: z.string(),
  image_count: count,
  nested_image_count: int.nullish().catch(null),
  get children() {
    return rows(directorySchema).nullish()
  },
})

export const savedSchema = z.object({
  image_id: z.string(),
  previous_count: int,
  new_count: int,
  status: text,
})
export const bulkSavedSchema = z.object({
  saved: z.array(savedSchema),
  failed: z.array(z.object({ image_id: z.string(), error: z.string() })),
})

export const classChangeSchema = z.object({
  images_updated: int.nullish().catch(null),
  annotations_updated: int.nullish().catch(null),
  annotations_removed: int.nullish().catch(null),
  config_updated: flag,
})

export const commentSchema = z.object({
  id: z.string(),
  image_id: text,
  annotation_id: text,
  /** Empty if deleted. */
  body: z.string().catch(''),
  resolved: flag,
  resolved_by_name: text,
  resolved_at: text,
  /** The comment that this one replies to; always the first of its thread. */
  parent_comment_id: text,
  is_edited: flag,
  /** Deleted comments stay in the list, so that their replies keep their place. */
  is_deleted: flag,
  is_mine: flag,
  user_id: text,
  author_name: text,
  author_username: text,
  author_avatar_url: text,
  reactions: rows(z.object({ reaction: z.string(), count, reacted: flag })),
  created_at: text,
  updated_at: text,
})
export type RemoteComment = z.infer<typeof commentSchema>

export const exportSchema = z.object({
  id: z.string(),
  dataset_id: text,
  dataset_name: text,
  name: z.string(),
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
  created_at: text,
  expires_at: text,
})
export type RemoteExport = z.infer<typeof exportSchema>

export const organizationSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: text,
  description: text,
  /** `free`, `core`, `pro`, `team` or `enterprise` */
  subscription_tier: text,
  credits_remaining: number,
  credits_monthly_allowance: number,
  credits_reset_at: text,
  max_users: number,
  max_images: number,
  max_storage_bytes: number,
  member_count: number,
})

export const data = <T extends z.ZodType>(schema: T) => z.object({ data: schema })
