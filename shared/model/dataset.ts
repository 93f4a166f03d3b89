import { z } from 'zod'
import { annotationClassSchema } from './annotation-class.ts'

export const labelFileFormatSchema = z.enum(['pictograph', 'labelme', 'yolo'])
export type LabelFileFormat = z.infer<typeof labelFileFormatSchema>

/** Synced label files: where and in which format each image's labels are also written. */
export const labelFilesSchema = z.object({
  format: labelFileFormatSchema,
  /** An absolute folder; null: beside each image. */
  folder: z.string().nullable(),
})
export type LabelFiles = z.infer<typeof labelFilesSchema>

/** Additional fields of a remote dataset; counts are of unpushed changes. */
export const remoteDatasetSchema = z.object({
  accountId: z.string(),
  organization: z.string(),
  remoteId: z.string(),
  isArchived: z.boolean(),
  /** In cold storage: no uploads, no exports. */
  isCold: z.boolean(),
  waiting: z.number().int(),
  failed: z.number().int(),
  conflicts: z.number().int(),
  /** Number of cached images, and of those kept offline. */
  cachedImages: z.number().int(),
  keptImages: z.number().int(),
})

export const datasetSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['folder', 'sample', 'remote']),
  /** Absolute path of the folder; for a remote dataset, of its cache. */
  root: z.string(),
  remote: remoteDatasetSchema.nullable(),
  classes: z.array(annotationClassSchema),
  labelFiles: labelFilesSchema.nullable(),
  /** The account to which a folder's images may be sent for assisted labelling; null: none. */
  assistAccountId: z.string().nullable(),
  imageCount: z.number().int(),
  annotatedCount: z.number().int(),
  lastOpenedAtMs: z.number(),
  /** The folder is missing. */
  missing: z.boolean(),
})
export type Dataset = z.infer<typeof datasetSchema>

export const stageSchema = z.enum(['new', 'annotate', 'review', 'complete'])
export type Stage = z.infer<typeof stageSchema>
export const splitSchema = z.enum(['train', 'val', 'test'])
export type Split = z.infer<typeof splitSchema>

export const imageSchema = z.object({
  id: z.string(),
  /** Path relative to the dataset's root, with forward slashes. */
  path: z.string(),
  fileSizeBytes: z.number(),
  modifiedAtMs: z.number(),
  /** Pixels after EXIF rotation; null until read, or if the file cannot be decoded. */
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  /** Why the image cannot be shown; null if it can. */
  problem: z.string().nullable(),
  /** The file is gone; its labels are kept. */
  missing: z.boolean(),
  stage: stageSchema,
  split: splitSchema.nullable(),
  tags: z.array(z.string()),
  annotationCount: z.number().int(),
  /** null: in a local folder. */
  remote: z
    .object({
      /** Its file is on this disk. */
      isCached: z.boolean(),
      isKept: z.boolean(),
      /** Its labels have been pulled. */
      isRead: z.boolean(),
      sync: z.enum(['synced', 'waiting', 'failed', 'conflict']),
    })
    .nullable(),
})
export type DatasetImage = z.infer<typeof imageSchema>

/** Lower-case extensions of files that are listed as images. */
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  'jpg',
  'jpeg',
  'png',
  'gif',
  'bmp',
  'webp',
  'tif',
  'tiff',
  'heic',
  'heif',
])

export function hasImageExtension(fileName: string): boolean {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 && IMAGE_EXTENSIONS.has(fileName.slice(dot + 1).toLowerCase())
}
