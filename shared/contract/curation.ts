import { z } from 'zod'
import { batchOutcomeSchema, duplicatesSchema, similarImageSchema } from '#shared/model/curation.ts'
import { id, procedure } from './procedure.ts'

/** Finds images of a remote dataset that are similar, and archives or copies images. */
export const curation = {
  /** Slow. `threshold`: minimum similarity of duplicates, 0.5–0.9999. */
  duplicates: procedure
    .input(z.object({ datasetId: id, threshold: z.number().min(0.5).max(0.9999) }))
    .output(duplicatesSchema),
  /** Images of the same dataset, most similar first. */
  similar: procedure.input(z.object({ imageId: id })).output(z.array(similarImageSchema)),
  /** Archives images on the service, where they can be restored. */
  archive: procedure
    .input(z.object({ datasetId: id, imageIds: z.array(id).min(1) }))
    .output(batchOutcomeSchema),
  /** Copies images with annotations, tags, split and stage. `target`: another dataset of the account. */
  copy: procedure
    .input(
      z.object({ datasetId: id, imageIds: z.array(id).min(1), target: id, directory: z.string() }),
    )
    .output(
      batchOutcomeSchema.extend({
        /** Names of classes that the target lacked. */
        classesAdded: z.array(z.string()),
      }),
    ),
  /** The dataset's description and annotation instructions. */
  instructions: procedure
    .input(z.object({ datasetId: id }))
    .output(z.object({ readme: z.string().nullable(), description: z.string().nullable() })),
}
