import type { AppCore } from '#core/app-core.ts'
import { os } from './procedure.ts'

export function remoteRouter(core: AppCore) {
  const { remoteDatasets, offline, cache, library, cachedFiles, assist } = core
  return {
    list: os.remote.list.handler(({ input: { accountId, archived } }) =>
      remoteDatasets.list(accountId, archived),
    ),
    create: os.remote.create.handler(({ input: { accountId, ...fields } }) =>
      remoteDatasets.create(accountId, fields),
    ),
    rename: os.remote.rename.handler(({ input: { accountId, remoteId, name } }) =>
      remoteDatasets.rename(accountId, remoteId, name),
    ),
    setArchived: os.remote.setArchived.handler(({ input: { accountId, remoteId, archived } }) =>
      remoteDatasets.setArchived(accountId, remoteId, archived),
    ),
    open: os.remote.open.handler(async ({ input: { accountId, remoteId } }) => {
      const dataset = await remoteDatasets.open(accountId, remoteId)
      offline.resume(dataset.id)
      return library.describe(dataset)
    }),
    refresh: os.remote.refresh.handler(async ({ input: { datasetId } }) => {
      remoteDatasets.refreshImages(datasetId)
      await remoteDatasets.settled(datasetId)
      offline.resume(datasetId)
    }),
    keepOffline: os.remote.keepOffline.handler(({ input: { datasetId, imageIds } }) =>
      offline.keep(datasetId, imageIds),
    ),
    release: os.remote.release.handler(({ input: { datasetId, imageIds } }) =>
      offline.release(datasetId, imageIds),
    ),
    pauseOffline: os.remote.pauseOffline.handler(({ input }) => offline.pause(input.datasetId)),
    resumeOffline: os.remote.resumeOffline.handler(({ input }) => offline.unpause(input.datasetId)),
    offlineState: os.remote.offlineState.handler(async ({ input: { datasetId } }) => ({
      ...offline.state(datasetId),
      freeBytes: await cache.freeBytes(),
      cacheBytes: cachedFiles.cacheBytes(),
    })),
    assist: os.remote.assist.handler(({ input: { imageId, className, ask } }) =>
      assist(imageId, className, ask),
    ),
  }
}
