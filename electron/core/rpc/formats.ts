import type { AppCore } from '#core/app-core.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { runExport } from '#core/library/export-job.ts'
import { labelSetOf } from '#core/library/label-set.ts'
import { guarded, os } from './procedure.ts'

export function formatRouter(core: AppCore) {
  const { imports, settings, ports } = core
  return {
    export: os.formats.export.handler(({ input, signal }) => {
      const losses = new LossLog()
      const { set, files } = labelSetOf(core, input.datasetId, input, losses)
      const { folder, format, images, options } = input
      settings.set('lastExportFolder', folder)
      return guarded(
        runExport({ set, files, folder, format, images, options }, losses, signal),
        ports.log,
      )
    }),
    planImport: os.formats.planImport.handler(({ input: { datasetId, path, format } }) =>
      imports.plan(datasetId, path, format),
    ),
    applyImport: os.formats.applyImport.handler(({ input: { planId, mode } }) =>
      guarded(imports.apply(planId, mode), ports.log),
    ),
  }
}
