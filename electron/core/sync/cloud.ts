import { join } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import { CommentRepository } from '#core/cache/comment-repository.ts'
import type { Db } from '#core/cache/database.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Facts } from '#core/media/probe.ts'
import type { Ports } from '#core/ports.ts'
import { isPassing, toServiceError } from '#core/service-error.ts'
import type { LabelTarget } from '#core/transfer/label-sink.ts'
import { UserError } from '#core/user-error.ts'
import { Accounts } from './accounts.ts'
import { assistant } from './assist.ts'
import { DatasetClasses } from './dataset-classes.ts'
import { SyncEngine } from './engine.ts'
import { ImageCache } from './image-cache.ts'
import { LabelSync } from './label-sync.ts'
import { Offline } from './offline.ts'
import { OutboxView } from './outbox-view.ts'
import { type CommentOp, PushFacts } from './push-facts.ts'
import { RemoteDatasets } from './remote-datasets.ts'
import { SaveLabels } from './save-labels.ts'
import { SYNC_LIMITS, type SyncLimits } from './sync-limits.ts'
import { uploadedLabels } from './uploaded-labels.ts'

interface Deps {
  db: Db
  ports: Ports
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  events: EventBus
  probe: (file: string) => Promise<Facts>
  publish: (outcome: Outcome) => void
  announce: (datasetId: string) => void
  cacheLimitBytes: () => number
  clock: Clock
  pushesByItself: boolean
  /** Smaller ones, for tests. */
  limits: Partial<SyncLimits>
}

/** Beyond this share of the hour's requests, what is fetched ahead waits: what is drawn has to be sent. */
const FOR_SENDING = 0.8

export type Cloud = ReturnType<typeof createCloud>

/** Everything that has to do with the service, put together. */
export function createCloud(deps: Deps) {
  const { db, ports, datasets, images, edits, events, publish, announce } = deps
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
  })
  const announceImages = (datasetId: string, imageIds: readonly string[]) =>
    events.publish({ type: 'images', datasetId, upserted: images.getMany(imageIds) })
  /** Of one dataset. */
  const announceSync = (imageIds: readonly string[]) => {
    const image = imageIds[0] === undefined ? null : images.find(imageIds[0])
    if (!image) return
    announceImages(image.datasetId, imageIds)
    engine.tell(image.datasetId)
  }
  const announceImage = (imageId: string) => announceSync([imageId])
  const accountOf = (datasetId: string): string => {
    const { remote } = datasets.get(datasetId)
    if (!remote) throw new UserError('not_remote', 'This dataset is not one of the service.')
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
  const pushFacts = new PushFacts({ ...shared, isClosing: () => stop.signal.aborted })
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
  const queueComment = (imageId: string, op: CommentOp) => {
    const { datasetId } = images.get(imageId)
    outbox.queue(datasetId, 'comment', op, { imageId })
    engine.onChange(datasetId)
  }
  /** The dataset and all its files go from this machine. */
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
    forgetRemote: forgetDataset,
    outbox,
    remotes,
    cachedFiles: files,
    comments,
    accounts,
    labelSync,
    cache,
    engine,
    remoteDatasets,
    offline,
    assist: assistant({ accounts, datasets, images, remotes }),
    outboxView: new OutboxView({
      ...shared,
      labels: labelSync,
      classes,
      announceImage,
      announce: (datasetId) => {
        announce(datasetId)
        engine.tell(datasetId)
      },
    }),
    /** Before an image is looked at: its labels, and its file, are here. Throws a UserError. */
    look: async (imageId: string) => {
      await labelSync.ensure(imageId)
      const image = images.get(imageId)
      if (image.width === null && image.problem === null) await cache.file(imageId)
      // What may be looked at next does not use up what has to be sent.
      if (!isScarce(image.datasetId)) cache.fetchAhead(images.after(imageId, 4))
    },
    addComment: (imageId: string, annotationId: string, body: string) => {
      datasets.together(() => {
        const commentId = comments.create(imageId, annotationId, body)
        queueComment(imageId, { kind: 'create', commentId })
      })
    },
    resolveComment: (commentId: string, imageId: string, isResolved: boolean) => {
      datasets.together(() => {
        comments.setResolved(commentId, isResolved)
        queueComment(imageId, { kind: 'resolve', commentId, isResolved })
      })
    },
    /** Asks what others wrote, in the background. */
    pullComments: (imageId: string) => {
      const facts = remotes.find(imageId)
      if (!facts) return
      const before = JSON.stringify(comments.list(imageId))
      accounts
        .run(accountOf(facts.datasetId), (client) =>
          pushFacts.pullComments(client, imageId, stop.signal),
        )
        .then(() => {
          if (JSON.stringify(comments.list(imageId)) !== before)
            events.publish({ type: 'comments', imageId })
        })
        .catch(() => {})
    },
    /** The key is forgotten, and with it the account's datasets on this machine. */
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
