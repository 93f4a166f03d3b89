import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import { LabelFileRepository } from '#core/cache/label-file-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import { makeFolder } from '#core/make-folder.ts'
import type { Ports } from '#core/ports.ts'
import { PRIVATE_FOLDER, tightenBelow } from '#core/private-files.ts'
import type { SetAside } from '#core/set-aside.ts'
import type { Store } from '#core/store.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import type { Dataset, LabelFiles } from '#shared/model/dataset.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { Folders } from './folders.ts'
import { LabelFileSync } from './label-file-sync.ts'

interface Deps {
  store: Store
  events: EventBus
  coreEvents: CoreEvents
  ports: Pick<Ports, 'dataDir' | 'resourcesDir' | 'log' | 'startProcess'>
  inHand: Pick<WorkInHand, 'begin'>
  setAside: SetAside
  clock: Clock
}

/** Folders of images as datasets, with synced label files. */
export class Library {
  readonly #deps: Deps
  readonly folders: Folders
  readonly labelFiles: LabelFileSync

  constructor(deps: Deps) {
    const { store, events, coreEvents, ports, inHand, setAside, clock } = deps
    const { datasets, images, edits } = store
    this.#deps = deps
    this.folders = new Folders({
      datasets,
      images,
      events,
      coreEvents,
      log: ports.log,
      inHand,
      setAside,
      clock,
    })
    this.labelFiles = new LabelFileSync({
      datasets,
      images,
      edits,
      labelFiles: new LabelFileRepository(store.db),
      events,
      coreEvents,
      log: ports.log,
      startProcess: ports.startProcess,
    })
  }

  list(): Promise<Dataset[]> {
    return this.folders.list()
  }

  describe(datasetId: string): Promise<Dataset> {
    return this.folders.describe(this.#deps.store.datasets.get(datasetId))
  }

  async openFolder(path: string, kind?: Dataset['kind']): Promise<Dataset> {
    return this.#followLabelFiles(await this.folders.openFolder(path, kind))
  }

  async open(datasetId: string): Promise<Dataset> {
    return this.#followLabelFiles(await this.folders.open(datasetId))
  }

  /** The sample's folder, copied out of the app because the app may be read-only. */
  async sampleFolder(): Promise<string> {
    const { dataDir, resourcesDir, log } = this.#deps.ports
    const folder = join(dataDir, 'sample')
    if (!existsSync(folder)) {
      await makeFolder(folder, PRIVATE_FOLDER)
      await cp(join(resourcesDir, 'sample'), folder, { recursive: true })
      await tightenBelow(folder, (error) =>
        log.warn('the sample is open to others', { error: messageOf(error) }),
      )
    }
    return folder
  }

  async relocate(datasetId: string, path: string): Promise<Dataset> {
    await this.labelFiles.stop(datasetId)
    return this.#followLabelFiles(await this.folders.relocate(datasetId, path))
  }

  async forget(datasetId: string): Promise<void> {
    await this.labelFiles.stop(datasetId)
    await this.folders.forget(datasetId)
  }

  async setLabelFiles(datasetId: string, wanted: LabelFiles | null): Promise<Dataset> {
    const dataset = await this.folders.setLabelFiles(datasetId, wanted)
    await this.settled(datasetId)
    await this.labelFiles.start(datasetId)
    this.#deps.coreEvents.publish({ type: 'dataset-changed', datasetId })
    return dataset
  }

  /** Allows a folder's images to be sent to an account's service for assisted labelling; null revokes it. */
  setAssistAccount(datasetId: string, accountId: string | null): Promise<Dataset> {
    this.#deps.store.datasets.setAssistAccount(datasetId, accountId)
    this.#deps.coreEvents.publish({ type: 'dataset-changed', datasetId })
    return this.describe(datasetId)
  }

  /** Resolves when all queued scans and reads are done. */
  settled(datasetId: string): Promise<void> {
    return this.folders.settled(datasetId)
  }

  /** Reads an image before its turn, because it is about to be shown. */
  ensureRead(imageId: string): Promise<void> {
    return this.folders.ensureRead(imageId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folders[Symbol.asyncDispose]()
    await this.labelFiles[Symbol.asyncDispose]()
  }

  /** After a scan: reads the label files of new images. */
  #followLabelFiles(dataset: Dataset): Dataset {
    const { log } = this.#deps.ports
    if (dataset.labelFiles && !dataset.missing)
      this.settled(dataset.id)
        .then(async () => {
          using _work = this.#deps.inHand.begin({
            kind: 'folder',
            id: dataset.id,
            name: dataset.name,
          })
          await this.labelFiles.start(dataset.id)
        })
        .catch((error: unknown) => log.error('label files not started', { error: String(error) }))
    return dataset
  }
}
