import { z } from 'zod'

/** What stands beside a model's file as JSON, so that a folder of models tells all of itself on another machine. */
export const modelRecordSchema = z.object({
  name: z.string(),
  version: z.string().nullable().default(null),
  /** Where it came from. */
  source: z.enum(['file', 'pictograph', 'catalogue']).default('file'),
  licence: z.string().nullable().default(null),
  /** Of the file, in hexadecimal digits. */
  sha256: z.string().nullable().default(null),
  /** Names of what it finds, in the order of its outputs; null: the file tells them, or nobody. */
  classes: z.array(z.string()).nullable().default(null),
})
export type ModelRecord = z.infer<typeof modelRecordSchema>

export const assistModelSchema = modelRecordSchema.extend({
  /** Its file's name in the folder of models. */
  id: z.string(),
  sizeBytes: z.number(),
  /** What it can be used for; null: nothing that this app knows. */
  use: z.enum(['segment-encoder', 'segment-decoder', 'detect']).nullable(),
  /** What it was taken for and why, or what is wrong with it. */
  takenFor: z.string(),
})
export type AssistModel = z.infer<typeof assistModelSchema>

/** Two models that together find the thing at a click. */
export const segmentEngineSchema = z.object({
  /** Of the encoder, with the decoder's. */
  id: z.string(),
  name: z.string(),
  family: z.string(),
})
export type SegmentEngine = z.infer<typeof segmentEngineSchema>

/** What the Segment tool draws. */
export const segmentOutputSchema = z.enum(['polygon', 'bbox', 'oriented_box'])
export type SegmentOutput = z.infer<typeof segmentOutputSchema>

/** A model that is being fetched. */
export const modelFetchSchema = z.object({
  name: z.string(),
  doneBytes: z.number(),
  /** null: nobody said. */
  totalBytes: z.number().nullable(),
})
export type ModelFetch = z.infer<typeof modelFetchSchema>

/** An entry of a catalogue: a file of JSON that holds an array of these, or an object with them as `models`. */
export const catalogueEntrySchema = z.object({
  name: z.string().min(1),
  /** https, or http on this machine. */
  address: z.url(),
  sizeBytes: z.number().int().positive(),
  licence: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'must have 64 hexadecimal digits'),
  version: z.string().nullable().default(null),
})
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>

/** A model of the service that could be fetched. */
export const serviceModelSchema = z.object({
  id: z.string(),
  name: z.string(),
  modelType: z.string().nullable(),
  architecture: z.string().nullable(),
  version: z.string().nullable(),
})
export type ServiceModel = z.infer<typeof serviceModelSchema>
