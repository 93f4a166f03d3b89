import type { LabelExchange } from '#core/library/label-exchange.ts'
import type { Log } from '#core/ports.ts'
import { guarded, os } from './procedure.ts'

export function formatRouter(formats: LabelExchange, log: Log) {
  return {
    export: os.formats.export.handler(({ input, signal }) =>
      guarded(formats.export(input, signal), log),
    ),
    find: os.formats.find.handler(({ input, signal }) => formats.find(input.datasetId, signal)),
    planImport: os.formats.planImport.handler(({ input: { datasetId, path, format }, signal }) =>
      guarded(formats.imports.plan(datasetId, path, format, signal), log),
    ),
    applyImport: os.formats.applyImport.handler(({ input: { planId, mode }, signal }) =>
      guarded(formats.imports.apply(planId, mode, signal), log),
    ),
  }
}
