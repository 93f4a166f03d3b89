import type { AccountService } from '#core/sync/account-service.ts'
import type { Curation } from '#core/sync/curation.ts'
import { os } from './procedure.ts'

export function serviceRouter(service: AccountService) {
  return {
    credits: os.service.credits.handler(({ input }) => service.credits(input.accountId)),
    promptPrice: os.service.promptPrice.handler(({ input }) =>
      service.promptPrice(input.accountId),
    ),
    tasks: os.service.tasks.handler(({ input }) => service.tasks(input.accountId)),
    jobs: os.service.jobs.handler(({ input }) => service.jobs(input.accountId)),
    cancelJob: os.service.cancelJob.handler(({ input }) =>
      service.cancelJob(input.accountId, input.id),
    ),
    storage: os.service.storage.handler(({ input }) =>
      service.storage(input.accountId, input.remoteId),
    ),
    restore: os.service.restore.handler(({ input }) =>
      service.restore(input.accountId, input.remoteId),
    ),
  }
}

export function curationRouter(curation: Curation) {
  return {
    duplicates: os.curation.duplicates.handler(({ input }) =>
      curation.duplicates(input.datasetId, input.threshold),
    ),
    similar: os.curation.similar.handler(({ input }) => curation.similar(input.imageId)),
    archive: os.curation.archive.handler(({ input }) =>
      curation.archive(input.datasetId, input.imageIds),
    ),
    copy: os.curation.copy.handler(({ input: { datasetId, imageIds, target, directory } }) =>
      curation.copy(datasetId, imageIds, target, directory),
    ),
    instructions: os.curation.instructions.handler(({ input }) =>
      curation.instructions(input.datasetId),
    ),
  }
}
