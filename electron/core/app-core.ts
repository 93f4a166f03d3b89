import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_SETTINGS, type Settings, settingsSchema } from '#shared/contract/settings.ts'
import { isEmptyChangeSet } from '#shared/model/change-set.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { type Clock, systemClock } from './api/retry.ts'
import { openLibrary } from './cache/database.ts'
import { DatasetRepository } from './cache/dataset-repository.ts'
import { EditStore, type Outcome } from './cache/edit-store.ts'
import { ImageRepository } from './cache/image-repository.ts'
import { LabelFileRepository } from './cache/label-file-repository.ts'
import { SettingRepository } from './cache/setting-repository.ts'
import { TransferRepository } from './cache/transfer-repository.ts'
import { EventBus } from './event-bus.ts'
import { ImportPlans } from './library/import-plans.ts'
import { LabelFileSync } from './library/label-file-sync.ts'
import { Library } from './library/library.ts'
import { openSample } from './library/sample.ts'
import { mediaHandler } from './media/media-handler.ts'
import { probeImage } from './media/probe.ts'
import { Renditions } from './media/renditions.ts'
import { openTarget } from './open-target.ts'
import type { Ports } from './ports.ts'
import { createCloud } from './sync/cloud.ts'
import type { SyncLimits } from './sync/sync-limits.ts'
import { Stages } from './transfer/stages.ts'
import { Transfers } from './transfer/transfers.ts'

const SETTINGS_KEY = 'settings'

type RemoteId = Pick<NonNullable<Dataset['remote']>, 'accountId' | 'remoteId'>

export type AppCore = ReturnType<typeof createAppCore>

/** For simulations: their own time, and nothing that happens by itself. */
interface CoreOptions {
  clock?: Clock
  pushesByItself?: boolean
  limits?: Partial<SyncLimits>
}

/** Builds everything that does not depend on the host. Throws a UserError when the data folder cannot be used. */
export function createAppCore(
  ports: Ports,
  target: string | null = null,
  { clock = systemClock, pushesByItself = true, limits = {} }: CoreOptions = {},
) {
  const opened = openLibrary(ports.dataDir)
  const { db } = opened
  const events = new EventBus()
  const datasets = new DatasetRepository(db)
  const images = new ImageRepository(db)
  const edits = new EditStore(db, datasets)
  const library = new Library({ datasets, images, events, log: ports.log })
  const settings = new SettingRepository(db)
  const readSettings = (): Settings => ({
    ...DEFAULT_SETTINGS,
    ...settingsSchema.partial().catch({}).parse(settings.get(SETTINGS_KEY)),
  })

  /** Tells the windows what an edit did. */
  const announce = ({ datasetId, effects, classesChanged }: Outcome) => {
    const changed = effects.filter(({ changes }) => !isEmptyChangeSet(changes))
    for (const effect of changed)
      events.publish({ type: 'annotations', ...effect, ...edits.canUndo(effect.imageId) })
    if (changed.length > 0)
      events.publish({
        type: 'images',
        datasetId,
        upserted: images.getMany(changed.map(({ imageId }) => imageId)),
      })
    if (classesChanged) void announceDataset(datasetId)
  }
  const announceDataset = async (datasetId: string) => {
    const dataset = datasets.find(datasetId)
    if (dataset) events.publish({ type: 'dataset', dataset: await library.describe(dataset) })
  }

  const labelFiles = new LabelFileSync({
    datasets,
    images,
    edits,
    labelFiles: new LabelFileRepository(db),
    events,
    log: ports.log,
    publish: announce,
  })
  const publish = (outcome: Outcome) => {
    announce(outcome)
    labelFiles.onEdit(outcome)
    cloud.engine.onChange(outcome.datasetId)
  }
  const cloud = createCloud({
    db,
    ports,
    datasets,
    images,
    edits,
    events,
    probe: probeImage,
    publish: announce,
    announce: (datasetId) => void announceDataset(datasetId),
    clock,
    pushesByItself,
    limits,
    cacheLimitBytes: () => readSettings().cacheLimitBytes,
  })
  library.onOtherFiles = (dataset, changes) => labelFiles.onFiles(dataset, changes)

  events.on((event) => {
    if (event.type === 'images') labelFiles.onImages(event.datasetId, event.upserted)
  })

  const imports = new ImportPlans({ datasets, images, edits, publish })

  /** After a scan: label files of images that are new to us are read. */
  const followLabelFiles = async (dataset: Dataset): Promise<Dataset> => {
    if (dataset.labelFiles && !dataset.missing) {
      library
        .settled(dataset.id)
        .then(() => labelFiles.start(dataset.id))
        .catch((error: unknown) =>
          ports.log.error('label files not started', { error: String(error) }),
        )
    }
    return dataset
  }

  /** Before an image is looked at: what is to be seen of it has been read. */
  const look = async (imageId: string) => {
    if (images.get(imageId).remote) await cloud.look(imageId)
    else await library.ensureRead(imageId)
  }
  const transferRows = new TransferRepository(db)
  const transfers = new Transfers({
    transfers: transferRows,
    events,
    clock,
    log: ports.log,
    dataDir: ports.dataDir,
    run: (accountId, work) => cloud.accounts.run(accountId, work),
    aside: (accountId, work) => cloud.accounts.aside(accountId, work),
    budget: (accountId) => cloud.accounts.budget(accountId),
    labels: cloud.uploadedLabels,
    probe: probeImage,
    ceiling: () => readSettings().transferConnections,
    onUploaded: (accountId, remoteId) => {
      const datasetId = cloud.remotes.datasetId(accountId, remoteId)
      if (datasetId) cloud.remoteDatasets.refreshImages(datasetId)
    },
  })
  const stages = new Stages(join(ports.dataDir, 'stages'))
  const staged = transferRows.list().flatMap(({ options, state }) => {
    const folder = (options as { staged?: string | null }).staged
    return folder && state !== 'done' && state !== 'cancelled' ? [folder] : []
  })
  stages
    .sweep(new Set(staged))
    .catch((error: unknown) => ports.log.warn('stages not swept', { error: String(error) }))
  if (pushesByItself) {
    cloud.engine.start()
    transfers.start()
  }

  const onOpened = new Set<() => void>()
  const opening = async (work: Promise<Dataset>): Promise<Dataset> => {
    const dataset = await work
    for (const listener of onOpened) listener()
    return dataset
  }
  const openFolder = (path: string) =>
    opening(library.openFolder(path).then((dataset) => followLabelFiles(dataset)))
  const openLocal = async (id: string) => followLabelFiles(await library.open(id))
  const openRemote = async (id: string, { accountId, remoteId }: RemoteId) => {
    const there = await cloud.remoteDatasets.open(accountId, remoteId)
    cloud.offline.resume(id)
    return library.describe(there)
  }
  const openDataset = (id: string) => {
    const { remote } = datasets.get(id)
    return opening(remote ? openRemote(id, remote) : openLocal(id))
  }
  let waitingTarget = target
  /** Of the start, for the first page that asks: a page that is loaded again goes on where it was. */
  const takeOpenTarget = () => {
    const taken = waitingTarget
    waitingTarget = null
    return taken
  }

  return {
    ...cloud,
    look,
    transfers,
    stages,
    removeAccount: async (accountId: string) => {
      await transfers.forget(accountId)
      await cloud.removeAccount(accountId)
    },
    ports,
    takeOpenTarget,
    /** What the next page that begins is to open. */
    setOpenTarget: (wanted: string) => {
      waitingTarget = wanted
    },
    /** Called when a dataset has been opened. */
    onOpened: (listener: () => void) => void onOpened.add(listener),
    /** Changes that an account which can be reached has not been told yet. */
    unsent: () =>
      cloud.accounts
        .list()
        .filter(({ state }) => state === 'online')
        .reduce((sum, { id }) => sum + cloud.outbox.counts(id).waiting, 0),
    /** The machine falls asleep. */
    suspend: () => transfers.park(),
    /** The machine is awake, or the network is back: what waits goes on at once. */
    wake: async () => {
      transfers.start()
      await Promise.allSettled(cloud.accounts.list().map(({ id }) => cloud.accounts.probe(id)))
    },
    openTarget: (wanted: string) =>
      openTarget(wanted, {
        ...cloud,
        datasets,
        images,
        settled: (id) => library.settled(id),
        openFolder,
        openDataset,
      }),
    events,
    datasets,
    images,
    edits,
    library,
    labelFiles,
    imports,
    settings,
    readSettings,
    writeSettings: (change: Partial<Settings>): Settings => {
      const next = { ...readSettings(), ...change }
      settings.set(SETTINGS_KEY, next)
      return next
    },
    media: mediaHandler({
      images,
      renditions: new Renditions(join(ports.dataDir, 'renditions')),
      fileOf: (imageId) => cloud.cache.file(imageId),
      thumbnailOf: (imageId) => cloud.cache.thumbnail(imageId),
      placeOf: (image) => (image.remote ? cloud.cache.renditionsOf(image.id) : {}),
    }),
    publish,
    relocateDataset: async (id: string, path: string) => {
      await labelFiles.stop(id)
      return followLabelFiles(await library.relocate(id, path))
    },
    forgetDataset: async (id: string) => {
      await labelFiles.stop(id)
      if (datasets.get(id).remote) {
        await cloud.forgetRemote(id)
      } else await library.forget(id)
    },
    openDataset,
    openFolder,
    /** The sample is copied out of the app, which may lie in a read-only place. */
    openSample: async () => {
      const folder = join(ports.dataDir, 'sample')
      if (!existsSync(folder))
        await cp(join(ports.resourcesDir, 'sample'), folder, { recursive: true })
      return openSample({ folder, library, datasets, imports })
    },
    setLabelFiles: async (...args: Parameters<Library['setLabelFiles']>) => {
      const dataset = await library.setLabelFiles(...args)
      await library.settled(dataset.id)
      await labelFiles.start(dataset.id)
      await announceDataset(dataset.id)
      return dataset
    },
    async [Symbol.asyncDispose]() {
      await transfers[Symbol.asyncDispose]()
      await cloud[Symbol.asyncDispose]()
      await library[Symbol.asyncDispose]()
      await labelFiles[Symbol.asyncDispose]()
      opened[Symbol.dispose]()
    },
  }
}
