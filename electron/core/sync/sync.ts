import { join } from 'node:path'
import type { Dispatcher } from 'undici'
import type { Clock } from '#core/api/retry.ts'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import { CommentRepository } from '#core/cache/comment-repository.ts'
import type { Outcome } from '#core/cache/edit-store.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Facts } from '#core/media/probe.ts'
import type { Ports } from '#core/ports.ts'
import { isPassing, toServiceError } from '#core/service-error.ts'
import type { Store } from '#core/store.ts'
import type { LabelTarget } from '#core/transfer/label-sink.ts'
import { UserError } from '#core/user-error.ts'
import { AccountService } from './account-service.ts'
import { Accounts } from './accounts.ts'
import { Comments } from './comments.ts'
import { Curation } from './curation.ts'
import { DatasetClasses } from './dataset-classes.ts'
import { SyncEngine } from './engine.ts'
import { ImageCache } from './image-cache.ts'
import { LabelSync } from './label-sync.ts'
import { Offline } from './offline.ts'
import { OutboxView } from './outbox-view.ts'
import { PushFacts } from './push-facts.ts'
import { RemoteDatasets } from './remote-datasets.ts'
import { SaveLabels } from './save-labels.ts'
import { SYNC_LIMITS, type SyncLimits } from './sync-limits.ts'
import { uploadedLabels } from './uploaded-labels.ts'

interface Deps {
  store: Store
  ports: Pick<Ports, 'dataDir' | 'log' | 'secrets' | 'appVersion'>
  events: EventBus
  coreEvents: CoreEvents
  probe: (file: string) => Promise<Facts>
  cacheLimitBytes: () => number
  dispatcher: Dispatcher
  clock: Clock
  pushesByItself: boolean
  /** Smaller limits for tests. */
  limits: Partial<SyncLimits>
}

/** Above this share of the hourly request limit, prefetches stop, so that pushes still get through. */
const FOR_SENDING = 0.8

export type Sync = ReturnType<typeof createSync>

/** Builds everything that talks to the service. */
export function createSync(deps: Deps) {
  const { ports, events, coreEvents } = deps
  const { db, datasets, images, edits } = deps.store
  const publish = (outcome: Outcome) => coreEvents.publish({ type: 'edited', outcome, by: 'sync' })
  const announce = (datasetId: string) => coreEvents.publish({ type: 'dataset-changed', datasetId })
  const outbox = new Outbox(db)
  const remotes = new RemoteRepository(db)
  const files = new CachedFileRepository(db)
  const comments = new CommentRepository(db)
  const accounts = new Accounts({
    accounts: new AccountRepository(db),
    secrets: ports.secrets,
    events,
    log: ports.log,
    appVersion: ports.appVersion,
    clock: deps.clock,
    dispatcher: deps.dispatcher,
  })
  const announceImages = (datasetId: string, imageIds: readonly string[]) =>
    events.publish({ type: 'images', datasetId, upserted: images.getMany(imageIds) })
  /** All images are of one dataset. */
  const announceSync = (imageIds: readonly string[]) => {
    const image = imageIds[0] === undefined ? null : images.find(imageIds[0])
    if (!image) return
    announceImages(image.datasetId, imageIds)
    coreEvents.publish({ type: 'outbox-changed', datasetId: image.datasetId })
  }
  const announceImage = (imageId: string) => announceSync([imageId])
  const accountOf = (datasetId: string): string => {
    const { remote } = datasets.get(datasetId)
    if (!remote) throw new UserError('not_remote', 'This dataset is not on the service.')
    return remote.accountId
  }
  const trouble = (error: unknown) => {
    if (isPassing(error)) return
    const { message, reason } = toServiceError(error)
    ports.log.error('background work failed', { reason, error: String(error) })
    events.publish({
      type: 'notice',
      message: `What came from the service could not be taken in: ${message}. Nothing was lost; it is tried again.`,
    })
  }
  const labelSync = new LabelSync({
    accounts,
    edits,
    remotes,
    outbox,
    events,
    accountOf,
    publish,
    trouble,
    announceImages: announceSync,
  })
  const cache = new ImageCache({
    accounts,
    datasets,
    images,
    remotes,
    files,
    events,
    probe: deps.probe,
    dataDir: ports.dataDir,
    limitBytes: deps.cacheLimitBytes,
    trouble,
  })
  const classes = new DatasetClasses({
    datasets,
    remotes,
    outbox,
    edits,
    labels: labelSync,
    publish,
    announceImages,
  })
  const stop = new AbortController()
  const shared = { datasets, images, remotes, outbox, comments, announceImages }
  const pushFacts = new PushFacts({
    ...shared,
    announceComments: (imageId) => events.publish({ type: 'comments', imageId }),
    isClosing: () => stop.signal.aborted,
  })
  const engine = new SyncEngine({
    accounts,
    datasets,
    outbox,
    events,
    log: ports.log,
    trouble,
    isAutomatic: deps.pushesByItself,
    facts: pushFacts,
    classes,
    labels: new SaveLabels({
      limits: { ...SYNC_LIMITS, ...deps.limits },
      datasets,
      images,
      edits,
      remotes,
      outbox,
      labels: labelSync,
      announceImage,
      notice: (imageId, message) =>
        events.publish({ type: 'notice', message: `${images.get(imageId).path}: ${message}` }),
    }),
  })
  const remoteDatasets = new RemoteDatasets({
    accounts,
    datasets,
    images,
    remotes,
    classes,
    events,
    log: ports.log,
    cacheDir: join(ports.dataDir, 'datasets'),
    announce,
  })
  const isScarce = (datasetId: string): boolean => {
    const { limit, used } = accounts.budget(accountOf(datasetId)).state
    return limit !== null && used > limit * FOR_SENDING
  }
  const offline = new Offline({
    datasets,
    files,
    cache,
    labels: labelSync,
    events,
    announce,
    trouble,
    isScarce,
  })
  accounts.onOnline((accountId) => {
    for (const datasetId of remotes.datasetsOf(accountId)) offline.resume(datasetId)
  })
  const commentsOfImages = new Comments({
    store: deps.store,
    accounts,
    remotes,
    outbox,
    comments,
    facts: pushFacts,
    events,
    coreEvents,
    trouble,
    accountOf,
    signal: stop.signal,
  })
  coreEvents.on((event) => {
    // What an edit of all images does is pushed when all of it is done.
    if (event.type === 'edited' && event.by === 'person' && event.outcome.bulk !== 'part') {
      engine.onChange(event.outcome.datasetId)
      if (event.outcome.turned) labelSync.onTurned(event.outcome.turned)
    } else if (event.type === 'queued') engine.onChange(event.datasetId)
    else if (event.type === 'outbox-changed') engine.tell(event.datasetId)
    else if (event.type === 'uploaded') {
      const datasetId = remotes.datasetId(event.accountId, event.remoteId)
      if (datasetId) remoteDatasets.refreshImages(datasetId)
    }
  })
  /** Removes a dataset and all its files from this machine. */
  const forgetDataset = async (datasetId: string) => {
    await offline.stop(datasetId)
    await cache.leave(datasetId)
    await remoteDatasets.forget(datasetId)
  }
  const labelsOfUploads = {
    accounts,
    datasets,
    edits,
    remotes,
    outbox,
    publish,
    requireDataset: (accountId: string, remoteId: string) =>
      remoteDatasets.require(accountId, remoteId),
    pushDataset: (...args: Parameters<SyncEngine['pushDataset']>) => engine.pushDataset(...args),
  }
  return {
    uploadedLabels: (target: LabelTarget) => uploadedLabels(labelsOfUploads, target),
    forgetDataset,
    outbox,
    remotes,
    cachedFiles: files,
    comments: commentsOfImages,
    service: new AccountService(accounts),
    curation: new Curation({
      store: deps.store,
      accounts,
      remotes,
      events,
      pushNow: (accountId) => engine.pushNow(accountId),
      batchLimit: { ...SYNC_LIMITS, ...deps.limits }.batchImages,
    }),
    accounts,
    labelSync,
    cache,
    engine,
    remoteDatasets,
    offline,
    outboxView: new OutboxView({
      ...shared,
      labels: labelSync,
      classes,
      announceImage,
      announce: (datasetId) => {
        announce(datasetId)
        coreEvents.publish({ type: 'outbox-changed', datasetId })
      },
    }),
    /** Ensures that the image's labels and file are cached before it is shown. Throws a UserError. */
    look: async (imageId: string) => {
      await labelSync.ensure(imageId)
      const image = images.get(imageId)
      if (image.width === null && image.problem === null) await cache.file(imageId)
      // Prefetching must not use up the requests that pushes need.
      if (!isScarce(image.datasetId)) cache.fetchAhead(images.after(imageId, 4))
    },
    /** Number of unpushed changes of accounts that are reachable. */
    unsent: () =>
      accounts
        .list()
        .filter(({ state }) => state === 'online')
        .reduce((sum, { id }) => sum + outbox.counts(id).waiting, 0),
    /** Checks again whether the services are reachable. */
    probe: () => Promise.allSettled(accounts.list().map(({ id }) => accounts.probe(id))),
    /** Pushes the waiting changes of all accounts. */
    push: () => Promise.all(accounts.list().map(({ id }) => engine.pushNow(id))),
    resolve: (...decision: Parameters<LabelSync['resolve']>) => {
      labelSync.resolve(...decision)
      engine.onChange(images.get(decision[0]).datasetId)
    },
    /** Opens a remote dataset and resumes its offline download. */
    openDataset: async (accountId: string, remoteId: string) => {
      const dataset = await remoteDatasets.open(accountId, remoteId)
      offline.resume(dataset.id)
      return dataset
    },
    /** Refreshes a dataset from the service; resolves when done. */
    refreshDataset: async (datasetId: string) => {
      remoteDatasets.refreshImages(datasetId)
      await remoteDatasets.settled(datasetId)
      offline.resume(datasetId)
    },
    /** Forgets the key and removes the account's datasets from this machine. */
    removeAccount: async (accountId: string) => {
      await engine.forget(accountId)
      for (const datasetId of remotes.datasetsOf(accountId)) await forgetDataset(datasetId)
      await accounts.remove(accountId)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all([
        engine[Symbol.asyncDispose](),
        offline[Symbol.asyncDispose](),
        remoteDatasets[Symbol.asyncDispose](),
        labelSync[Symbol.asyncDispose](),
        cache[Symbol.asyncDispose](),
      ])
      await accounts[Symbol.asyncDispose]()
    },
  }
}
