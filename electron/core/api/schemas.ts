import { z } from 'zod'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'

/** The service's answers, under its own field names. Fields that are not named here are ignored. */

const int = z.number().int()
const counts = z.record(z.string(), int)

/**
 * A class as anybody may have written it. What we do not understand of it stays, so that it goes back as it came;
 * `mendClasses` makes of it what we can work with.
 */
const remoteClassSchema = z.looseObject({ name: z.string() })
export type RemoteClass = z.infer<typeof remoteClassSchema>

export const remoteImageSchema = z.object({
  id: z.string(),
  dataset_id: z.string().nullish(),
  filename: z.string(),
  status: stageSchema.catch('new'),
  split: splitSchema.nullish().catch(null),
  annotation_count: int.default(0).catch(0),
  min_confidence: z.number().nullish(),
  file_size: int.nullish().catch(null),
  width: int.nullish().catch(null),
  height: int.nullish().catch(null),
  content_type: z.string().nullish(),
  directory_path: z.string().nullish(),
  tags: z.array(z.string()).nullish().catch(null),
  is_archived: z.boolean().nullish(),
  image_url: z.string().nullish(),
  thumbnail_url: z.string().nullish(),
  annotation_url: z.string().nullish(),
  created_at: z.string().nullish(),
})
export type RemoteImage = z.infer<typeof remoteImageSchema>

export const remoteDatasetSchema = z.object({
  id: z.string(),
  organization_id: z.string().nullish(),
  name: z.string(),
  description: z.string().nullish(),
  annotation_types: z.array(z.string()).nullish(),
  classes: z
    .array(z.unknown())
    .nullish()
    .catch(null)
    .transform((items) => items?.flatMap((item) => remoteClassSchema.safeParse(item).data ?? [])),
  image_count: int.default(0),
  completed_image_count: int.default(0),
  archived_image_count: int.default(0),
  /** Bytes. */
  total_size: int.default(0),
  is_public: z.boolean().nullish(),
  is_archived: z.boolean().nullish(),
  archived_at: z.string().nullish(),
  storage_class: z.string().nullish(),
  images: z.array(remoteImageSchema).nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
})
export type RemoteDataset = z.infer<typeof remoteDatasetSchema>

export const insightsSchema = z.object({
  total_images: int,
  total_annotations: int,
  annotated_images: int,
  unannotated_images: int,
  avg_annotations_per_image: z.number(),
  total_bytes: int,
  status_counts: counts,
  class_annotation_counts: counts,
  class_image_counts: counts,
  type_counts: counts,
  annotation_density: counts,
  dimensions: z.record(z.string(), z.unknown()).nullish(),
  model_confidence: z.unknown().optional(),
})

export const downloadItemSchema = z.object({
  id: z.string(),
  filename: z.string(),
  file_size: int.nullish(),
  annotation_count: int.nullish(),
  directory_path: z.string().nullish(),
  /** A signed storage address, without the key. */
  image_url: z.string().nullish(),
  /** A route of the API, with the key. */
  annotation_url: z.string().nullish(),
})
export type DownloadItem = z.infer<typeof downloadItemSchema>

export const downloadListingSchema = z.object({
  id: z.string(),
  items: z.array(downloadItemSchema),
  total_items: int,
})

export const batchResultSchema = z.object({
  success: z.boolean().nullish(),
  processed: int,
  failed: z.array(z.object({ id: z.string(), reason: z.string() })).default([]),
  affected_directories: z.array(z.string()).nullish(),
  /** How many got another name; older answers list them. */
  renamed: z.union([int, z.array(z.unknown()).transform(({ length }) => length)]).nullish(),
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
  image_count: int,
  nested_image_count: int.nullish(),
  get children() {
    return z.array(directorySchema).nullish()
  },
})

export const savedSchema = z.object({
  image_id: z.string(),
  previous_count: int,
  new_count: int,
  status: z.string().nullish(),
})
export const bulkSavedSchema = z.object({
  saved: z.array(savedSchema),
  failed: z.array(z.object({ image_id: z.string(), error: z.string() })),
})

export const classChangeSchema = z.object({
  images_updated: int.nullish(),
  annotations_updated: int.nullish(),
  config_updated: z.boolean().nullish(),
})

export const commentSchema = z.object({
  id: z.string(),
  image_id: z.string().nullish(),
  annotation_id: z.string().nullish(),
  body: z.string(),
  resolved: z.boolean().nullish(),
  created_at: z.string().nullish(),
})

export const exportSchema = z.object({
  id: z.string(),
  name: z.string(),
  format: z.string().nullish(),
  status: z.string(),
  error_message: z.string().nullish(),
  created_at: z.string().nullish(),
})

export const organizationSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string().nullish(),
  tier: z.string().nullish(),
  member_count: int.nullish(),
})

export const data = <T extends z.ZodType>(schema: T) => z.object({ data: schema })
