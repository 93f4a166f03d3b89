import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import {
  downloadOptionsSchema,
  downloadPlanSchema,
  transferFailureSchema,
  transferSchema,
  uploadOptionsSchema,
  uploadPreviewSchema,
} from '#shared/model/transfer.ts'
import { account, id, procedure, remoteDataset } from './procedure.ts'

export const transfers = {
  list: procedure.output(z.array(transferSchema)),
  failures: procedure.input(z.object({ id })).output(z.array(transferFailureSchema)),
  planDownload: procedure
    .input(
      remoteDataset.extend({
        name: z.string(),
        folder: z.string().min(1),
        options: downloadOptionsSchema,
      }),
    )
    .output(downloadPlanSchema),
  download: procedure
    .input(
      remoteDataset.extend({
        name: z.string(),
        folder: z.string().min(1),
        options: downloadOptionsSchema,
      }),
    )
    .output(transferSchema),
  /** Examines local folders, files and ZIPs and reports as it goes; sends nothing. */
  previewUpload: procedure
    .input(
      account.extend({
        remoteId: id.nullable(),
        paths: z.array(z.string().min(1)).min(1),
        options: uploadOptionsSchema,
      }),
    )
    .output(eventIterator(uploadPreviewSchema)),
  upload: procedure
    .input(
      remoteDataset.extend({
        name: z.string(),
        paths: z.array(z.string().min(1)).min(1),
        options: uploadOptionsSchema,
        /** For files that were streamed here for this upload: the id from `stage`. */
        stageId: id.nullable(),
      }),
    )
    .output(transferSchema),
  /** A staging folder for dropped files, if the window has no paths: PUT `/stage/<id>/<path>`. */
  stage: procedure.output(z.object({ stageId: id, folder: z.string() })),
  unstage: procedure.input(z.object({ stageId: id })).output(z.void()),
  pause: procedure.input(z.object({ id })).output(z.void()),
  resume: procedure.input(z.object({ id })).output(z.void()),
  cancel: procedure.input(z.object({ id })).output(z.void()),
  retry: procedure.input(z.object({ id })).output(z.void()),
  remove: procedure.input(z.object({ id })).output(z.void()),
}
