import type { Opening } from '#core/opening.ts'
import type { Assistant } from '#core/sync/assist.ts'
import type { Sync } from '#core/sync/sync.ts'
import { os } from './procedure.ts'

type Remote = Pick<Sync, 'remoteDatasets' | 'offline' | 'cache' | 'cachedFiles' | 'refreshDataset'>

export function remoteRouter(
  { remoteDatasets, offline, cache, cachedFiles, refreshDataset }: Remote,
  opening: Pick<Opening, 'openRemote'>,
  assist: Assistant,
) {
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
    open: os.remote.open.handler(({ input: { accountId, remoteId } }) =>
      opening.openRemote(accountId, remoteId),
    ),
    refresh: os.remote.refresh.handler(({ input }) => refreshDataset(input.datasetId)),
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
