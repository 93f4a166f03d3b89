import { z } from 'zod'
import { annotationClassSchema } from './annotation-class.ts'

export const labelFileFormatSchema = z.enum(['pictograph', 'labelme', 'yolo'])
export type LabelFileFormat = z.infer<typeof labelFileFormatSchema>

/** Label files in step: where and how each image's labels are also written as files. */
export const labelFilesSchema = z.object({
  format: labelFileFormatSchema,
  /** An absolute folder; null means beside each image. */
  folder: z.string().nullable(),
})
export type LabelFiles = z.infer<typeof labelFilesSchema>

export const datasetSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['folder', 'sample']),
  /** Absolute path of the folder. */
  root: z.string(),
  classes: z.array(annotationClassSchema),
  labelFiles: labelFilesSchema.nullable(),
  imageCount: z.number().int(),
  annotatedCount: z.number().int(),
  lastOpenedAtMs: z.number(),
  /** The folder is not where it was. */
  missing: z.boolean(),
})
export type Dataset = z.infer<typeof datasetSchema>

export const stageSchema = z.enum(['new', 'annotate', 'review', 'complete'])
export type Stage = z.infer<typeof stageSchema>
export const splitSchema = z.enum(['train', 'val', 'test'])
export type Split = z.infer<typeof splitSchema>

export const imageSchema = z.object({
  id: z.string(),
  /** Path below the dataset's root, with forward slashes. */
  path: z.string(),
  fileSizeBytes: z.number(),
  modifiedAtMs: z.number(),
  /** Pixels after EXIF rotation; null until read, or when the file cannot be decoded. */
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  /** Why the image cannot be shown, in words for a person; null when it can. */
  problem: z.string().nullable(),
  /** The file is no longer on disk; its labels are kept. */
  missing: z.boolean(),
  stage: stageSchema,
  split: splitSchema.nullable(),
  tags: z.array(z.string()),
  annotationCount: z.number().int(),
})
export type DatasetImage = z.infer<typeof imageSchema>

/** Extensions, lower case, that are listed as images. */
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
