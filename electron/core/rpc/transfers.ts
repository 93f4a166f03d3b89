import type { Log } from '#core/ports.ts'
import type { Sync } from '#core/sync/sync.ts'
import type { Stages } from '#core/transfer/stages.ts'
import type { Transfers } from '#core/transfer/transfers.ts'
import type { DownloadOptions } from '#shared/model/transfer.ts'
import { guarded, os } from './procedure.ts'

interface Features {
  transfers: Transfers
  stages: Stages
  remotes: Pick<Sync['remotes'], 'find'>
  log: Log
}

export function transferRouter({ transfers, stages, remotes, log }: Features) {
  /** Windows send local image ids; the service needs its own. */
  const inTheirWords = (options: DownloadOptions): DownloadOptions => ({
    ...options,
    imageIds: options.imageIds?.flatMap((id) => remotes.find(id)?.remoteId ?? []) ?? null,
  })
  return {
    list: os.transfers.list.handler(() => transfers.list()),
    failures: os.transfers.failures.handler(({ input }) => transfers.failures(input.id)),
    planDownload: os.transfers.planDownload.handler(({ input: { folder, options, ...target } }) =>
      transfers.planDownload(target, folder, inTheirWords(options)),
    ),
    download: os.transfers.download.handler(({ input: { folder, options, ...target } }) =>
      transfers.download(target, folder, inTheirWords(options)),
    ),
    previewUpload: os.transfers.previewUpload.handler(({ input, signal }) => {
      const { paths, options, ...target } = input
      const stop = signal ?? new AbortController().signal
      return guarded(transfers.previewUpload(target, paths, options, stop), log)
    }),
    upload: os.transfers.upload.handler(({ input: { paths, options, stageId, ...target } }) =>
      transfers.upload(target, paths, options, stageId === null ? null : stages.folder(stageId)),
    ),
    stage: os.transfers.stage.handler(() => stages.create()),
    unstage: os.transfers.unstage.handler(({ input }) => stages.remove(input.stageId)),
    pause: os.transfers.pause.handler(({ input }) => transfers.pause(input.id)),
    resume: os.transfers.resume.handler(({ input }) => transfers.resume(input.id)),
    cancel: os.transfers.cancel.handler(({ input }) => transfers.cancel(input.id)),
    retry: os.transfers.retry.handler(({ input }) => transfers.retry(input.id)),
    remove: os.transfers.remove.handler(({ input }) => transfers.remove(input.id)),
  }
}
