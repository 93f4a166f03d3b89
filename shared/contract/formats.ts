import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { labelFileFormatSchema } from '#shared/model/dataset.ts'
import {
  exportOptionsSchema,
  formatIdSchema,
  imageModeSchema,
  importFailureSchema,
  lossSchema,
} from '#shared/model/format.ts'
import { id, procedure } from './procedure.ts'

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
  /** Annotations that exactly match existing ones. */
  identical: z.number().int(),
  /** Images whose labels could be read only partly: they are only added to, never replaced. */
  incompleteImages: z.number().int(),
  /** Annotations that the images already have. */
  existingAnnotations: z.number().int(),
  unmatched: z.array(z.string()),
  newClasses: z.array(annotationClassSchema),
  failed: z.array(importFailureSchema),
  losses: z.array(lossSchema),
})
export type ImportPlan = z.infer<typeof importPlanSchema>

const foundLabelsSchema = z.array(
  z.object({
    format: formatIdSchema,
    /** Files with labels; lists of classes are not counted. */
    files: z.number().int(),
    /** The format in which label files can be kept in step with these; null: not where they are. */
    inStep: labelFileFormatSchema.nullable(),
  }),
)
export type FoundLabels = z.infer<typeof foundLabelsSchema>

const importReportSchema = z.object({ images: z.number().int(), annotations: z.number().int() })

export const formats = {
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
  /** Counts the label files in a dataset's folder by format, most files first. */
  find: procedure.input(z.object({ datasetId: id })).output(foundLabelsSchema),
  /** Reads label files and shows what importing them would do; writes nothing. */
  planImport: procedure
    .input(z.object({ datasetId: id, path: z.string().min(1), format: formatIdSchema.nullable() }))
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          progressSchema,
          z.object({ type: z.literal('plan'), plan: importPlanSchema }),
        ]),
      ),
    ),
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
}
