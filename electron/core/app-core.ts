import { join } from 'node:path'
import { messageOf } from '#shared/model/message-of.ts'
import { AgedFiles } from './aged-files.ts'
import { announceEdits } from './announce-edits.ts'
import { type Clock, systemClock } from './api/retry.ts'
import { AppSettings } from './app-settings.ts'
import { Embeddings } from './assist/embeddings.ts'
import { FetchModels } from './assist/fetch-models.ts'
import { Inference } from './assist/inference.ts'
import { Models } from './assist/models.ts'
import { Segmenter } from './assist/segmenter.ts'
import { Checkpoints } from './cache/checkpoints.ts'
import { DATABASE_FILE } from './cache/database.ts'
import { EditLogPruning } from './cache/edit-log-pruning.ts'
import { FactEditRepository } from './cache/fact-edit-repository.ts'
import { LibraryCare } from './cache/library-care.ts'
import { RemovedDatasets } from './cache/removed-datasets.ts'
import type { CoreEvent } from './core-events.ts'
import { EventBus } from './event-bus.ts'
import { describeDataset } from './library/describe-dataset.ts'
import { Editing } from './library/editing.ts'
import { FactEdits } from './library/fact-edits.ts'
import { LabelExchange } from './library/label-exchange.ts'
import { Library } from './library/library.ts'
import { Removal } from './library/removal.ts'
import { mediaHandler } from './media/media-handler.ts'
import { probeImage } from './media/probe.ts'
import { Renditions } from './media/renditions.ts'
import { Network } from './network/network.ts'
import { Opening } from './opening.ts'
import type { Ports } from './ports.ts'
import { closeToOthers } from './private-files.ts'
import type { RunModel } from './proposals/detect-image.ts'
import { type DetectModels, detectModels } from './proposals/detect-models.ts'
import { detectThreads } from './proposals/detect-threads.ts'
import { Detection } from './proposals/detection.ts'
import { Proposals } from './proposals/proposals.ts'
import { SetAside } from './set-aside.ts'
import { StorageCare } from './storage-care.ts'
import { openStore } from './store.ts'
import { assistant } from './sync/assist.ts'
import { createSync } from './sync/sync.ts'
import type { SyncLimits } from './sync/sync-limits.ts'
import { createTransfers } from './transfer/create-transfers.ts'
import { WorkInHand } from './work-in-hand.ts'
import { Works } from './works.ts'

export type AppCore = ReturnType<typeof createAppCore>

/** For simulations: a simulated clock, and nothing runs automatically. */
interface CoreOptions {
  clock?: Clock
  pushesByItself?: boolean
  limits?: Partial<SyncLimits>
  /** Images that an edit of a class does at once, so that a small dataset has more. */
  firstImages?: number
  /** Replaces the local models and the process that runs them. */
  detector?: { models: DetectModels; run: RunModel }
}

/**
 * Builds the core from its features. Each receives the rows and features that it needs; they notify each other with
 * `CoreEvent`s. Throws a UserError if the data folder cannot be used.
 */
export function createAppCore(
  ports: Ports,
  target: string | null = null,
  {
    clock = systemClock,
    pushesByItself = true,
    limits = {},
    firstImages,
    detector,
  }: CoreOptions = {},
) {
  closeToOthers(ports.dataDir, (error) =>
    ports.log.warn('the data folder is open to others', { error: messageOf(error) }),
  )
  const store = openStore(ports.dataDir, firstImages)
  const { datasets, images } = store
  const checkpoints = new Checkpoints({
    db: store.db,
    file: join(ports.dataDir, DATABASE_FILE),
    onProblem: (error) => ports.log.warn('a checkpoint failed', { error }),
  })
  const { pause } = checkpoints
  const inHand = new WorkInHand(ports.dataDir)
  const setAside = new SetAside(ports.endedBecause ?? null, inHand)
  const listenerFailed = (error: unknown) =>
    ports.log.error('a listener failed', { error: error instanceof Error ? error.stack : error })
  /** Events to the windows. */
  const events = new EventBus(listenerFailed)
  /** Events between features. */
  const coreEvents = new EventBus<CoreEvent>(listenerFailed)
  const settings = new AppSettings(store.settings)
  const shared = { store, events, coreEvents, ports, inHand, setAside }
  const network = new Network({
    settings: () => settings.read(),
    secrets: ports.secrets,
    resolveProxy: ports.resolveProxy,
  })

  const describe = async (id: string) => {
    const dataset = datasets.find(id)
    return dataset && describeDataset(datasets, dataset)
  }
  // Must be the first listener, so that a window hears of an edit before its consequences.
  announceEdits({ store, events, coreEvents, log: ports.log, describe })
  const works = new Works(events, store.settings)
  const library = new Library({ ...shared, clock })
  const formats = new LabelExchange({
    store,
    coreEvents,
    works,
    startProcess: ports.startProcess,
    inHand,
  })
  const cacheLimitBytes = () => settings.read().cacheLimitBytes
  const sync = createSync({
    ...shared,
    clock,
    pushesByItself,
    limits,
    probe: probeImage,
    cacheLimitBytes,
    dispatcher: network.dispatcher,
  })
  const prepare = (imageId: string) =>
    images.get(imageId).remote ? sync.look(imageId) : library.ensureRead(imageId)
  const editing = new Editing({ store, events, coreEvents, works, log: ports.log, pause, prepare })
  editing.start()
  const facts = new FactEdits({
    store,
    rows: new FactEditRepository(store.db),
    events,
    coreEvents,
    works,
    log: ports.log,
    pause,
  })
  facts.start()
  const { transfers, stages } = createTransfers({
    ...shared,
    clock,
    accounts: sync.accounts,
    labels: sync.uploadedLabels,
    probe: probeImage,
    ceiling: () => settings.read().transferConnections,
    routeTo: (url) => network.routeTo(url),
  })
  const notice = (message: string) => events.publish({ type: 'notice', message })
  for (const message of [store.restored, setAside.notice()])
    if (message !== null) events.publishToFirst({ type: 'notice', message })
  const care = new LibraryCare({
    db: store.db,
    dataDir: ports.dataDir,
    log: ports.log,
    tell: notice,
  })
  const inferenceOf = (isBackground: boolean) =>
    new Inference({
      startProcess: ports.startProcess,
      log: ports.log,
      isBackground,
      onRestart: notice,
    })
  /** For what the person waits for, and for what is made ahead or in bulk: neither waits for the other. */
  const inference = { interactive: inferenceOf(false), background: inferenceOf(true) }
  const models = new Models({
    folder: join(ports.dataDir, 'models'),
    inference,
    onChange: () => events.publish({ type: 'models', fetching: fetchModels.running }),
  })
  const fetchModels = new FetchModels({
    models,
    accounts: sync.accounts,
    dispatcher: network.dispatcher,
    onProgress: (fetching) => events.publish({ type: 'models', fetching }),
  })
  models
    .sweep()
    .catch((error: unknown) => ports.log.warn('models not swept', { error: messageOf(error) }))
  const embeddings = new Embeddings(
    join(ports.dataDir, 'embeddings'),
    () => settings.read().embeddingLimitBytes,
  )
  const segmenter = new Segmenter({
    models,
    inference,
    images,
    fileOf: (imageId) => sync.cache.file(imageId),
    embeddings,
    log: ports.log,
  })
  const proposals = new Proposals({ store, events, coreEvents })
  const decoders = detectThreads()
  const detection = new Detection({
    store,
    events,
    log: ports.log,
    proposals,
    inHand,
    prepare,
    fileOf: (imageId) => sync.cache.file(imageId),
    decode: (order) => decoders.do(order),
    models: detectModels(models),
    run: (file, feeds, options) => inference.background.run(file, feeds, options),
    ...detector,
  })
  const removal = new Removal(new RemovedDatasets(store.db), works, ports.log, pause)
  const storage = new StorageCare({
    dataDir: ports.dataDir,
    log: ports.log,
    limits: () => {
      const { thumbnailLimitBytes, editLogLimitBytes, finishedTransfers } = settings.read()
      return {
        thumbnailsBytes: thumbnailLimitBytes,
        editLogBytes: editLogLimitBytes,
        transfers: finishedTransfers,
      }
    },
    thumbnails: new AgedFiles(() => [
      join(ports.dataDir, 'renditions'),
      ...datasets
        .list()
        .filter(({ remote }) => remote)
        .flatMap(({ root }) => [join(root, 'thumbnails'), join(root, 'renditions')]),
    ]),
    embeddings,
    editLog: new EditLogPruning(store.db),
    images: {
      bytes: () => sync.cachedFiles.cacheBytes(),
      clear: () => sync.cache.shrink(0),
    },
    transfers: {
      finished: () => transfers.finished(),
      remove: (id) => transfers.remove(id),
    },
    works,
    pause,
  })
  const opening = new Opening({ store, library, formats, sync, removal, coreEvents, target })
  formats
    .sweep()
    .catch((error: unknown) =>
      ports.log.warn('exports not cleaned up', { error: messageOf(error) }),
    )
  void removal.start()
  transfers.setAside(setAside.ids('upload', 'download'), setAside.problem)
  detection.setAside(setAside.ids('detection'), setAside.problem)
  if (pushesByItself) {
    sync.engine.start()
    transfers.start()
    detection.start()
  }

  return {
    ports,
    store,
    events,
    coreEvents,
    settings,
    library,
    editing,
    facts,
    works,
    formats,
    sync,
    network,
    transfers,
    stages,
    opening,
    inference,
    proposals,
    detection,
    models,
    fetchModels,
    removal,
    storage,
    embeddings,
    segmenter,
    assist: assistant({ accounts: sync.accounts, datasets, images, remotes: sync.remotes }),
    media: mediaHandler({
      images,
      renditions: new Renditions(join(ports.dataDir, 'renditions'), { inHand, setAside }),
      fileOf: (imageId) => sync.cache.file(imageId),
      thumbnailOf: (imageId) => sync.cache.thumbnail(imageId),
      placeOf: (image) => (image.remote ? sync.cache.renditionsOf(image.id) : {}),
    }),
    /** Forgets the key, and removes the account's transfers and datasets from this machine. */
    removeAccount: async (accountId: string) => {
      await transfers.forget(accountId)
      await sync.removeAccount(accountId)
      void removal.start()
    },
    /** The machine goes to sleep. */
    suspend: () => transfers.park(),
    /** The machine woke up, or the network is back: waiting work resumes at once. */
    wake: async () => {
      transfers.start()
      await sync.probe()
    },
    async [Symbol.asyncDispose]() {
      fetchModels[Symbol.dispose]()
      const remote = transfers[Symbol.asyncDispose]()
        .finally(() => sync[Symbol.asyncDispose]())
        .finally(() => network[Symbol.asyncDispose]())
      // Even if one fails, the others close in order, and the library is closed last.
      const detected = detection[Symbol.asyncDispose]().finally(() =>
        decoders[Symbol.asyncDispose](),
      )
      const ended = await Promise.allSettled([
        remote,
        detected,
        library[Symbol.asyncDispose](),
        inference.interactive[Symbol.asyncDispose](),
        inference.background[Symbol.asyncDispose](),
        removal[Symbol.asyncDispose](),
        editing[Symbol.asyncDispose](),
        facts[Symbol.asyncDispose](),
        formats[Symbol.asyncDispose](),
        care[Symbol.asyncDispose](),
        storage[Symbol.asyncDispose](),
        checkpoints[Symbol.asyncDispose](),
      ])
      for (const end of ended)
        if (end.status === 'rejected')
          ports.log.error('a part did not end in order', { error: String(end.reason) })
      inHand[Symbol.dispose]()
      store[Symbol.dispose]()
    },
  }
}
