import { z } from 'zod'
import {
  assistModelSchema,
  catalogueEntrySchema,
  modelFetchSchema,
  segmentEngineSchema,
  serviceModelSchema,
} from '#shared/model/assist-model.ts'
import { account, id, procedure } from './procedure.ts'

/** Models on this machine, and where more come from. What it needs time for is told by `models` events. */
export const models = {
  list: procedure.output(
    z.object({
      /** Absolute: it can be copied to another machine. */
      folder: z.string(),
      models: z.array(assistModelSchema),
      engines: z.array(segmentEngineSchema),
      fetching: z.array(modelFetchSchema),
    }),
  ),
  /** Files of this machine, absolute. Each is copied, or refused in words; the others are taken. */
  add: procedure
    .input(z.object({ paths: z.array(z.string()).min(1) }))
    .output(z.object({ added: z.array(assistModelSchema), problems: z.array(z.string()) })),
  remove: procedure.input(z.object({ id })).output(z.void()),
  ofService: procedure.input(account).output(z.array(serviceModelSchema)),
  fetchFromService: procedure.input(account.extend({ modelId: id })).output(assistModelSchema),
  catalogue: procedure.input(z.object({ path: z.string() })).output(z.array(catalogueEntrySchema)),
  /** After the person has seen the licence. */
  fetchFromCatalogue: procedure.input(catalogueEntrySchema).output(assistModelSchema),
  cancelFetch: procedure.input(z.object({ name: z.string() })).output(z.void()),
}
