import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, RemoteDataset } from '#core/api/client.ts'
import { classesOf, fromRemoteImage, isCold, toRemoteClass } from '#core/api/wire-dataset.ts'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from '#core/ports.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'
import { toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { ListedDataset } from '#shared/model/account.ts'
import { newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Accounts } from './accounts.ts'
import type { DatasetClasses } from './dataset-classes.ts'
import { reallyGone } from './gone-images.ts'

/** Number of listed images that are stored in one transaction and shown together. */
const PAGE = 1_000
const TYPES = ['bbox', 'polygon', 'polyline', 'keypoint']

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
  classes: DatasetClasses
  events: EventBus
  log: Log
  /** Absolute folder; each remote dataset has a subfolder for its files. */
  cacheDir: string
  /** Notifies the windows that a dataset changed. */
  announce: (datasetId: string) => void
}

/** The datasets of an organisation: listed, created and changed on the service, opened here like local folders. */
export class RemoteDatasets {
  readonly #deps: Deps
  readonly #listing = new Map<string, { abort: AbortController; work: Promise<void> }>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** All datasets of the organisation; offline, those that were opened here before. */
  async list(
    accountId: string,
    archived: boolean,
  ): Promise<{ datasets: ListedDataset[]; isComplete: boolean; problem: string | null }> {
    try {
      const found = await this.#run(accountId, async (client) => {
        const datasets: RemoteDataset[] = []
        for await (const dataset of client.datasets.list({ archived })) datasets.push(dataset)
        return datasets
      })
      const datasets = found
        .filter((dataset) => (dataset.is_archived ?? false) === archived)
        .map((dataset) => this.#listed(accountId, dataset))
      return { datasets, isComplete: true, problem: null }
    } catch (error) {
      if (!(error instanceof UserError) || error.reason !== 'offline') throw error
      const datasets = this.#known(accountId).filter((dataset) => dataset.isArchived === archived)
      return { datasets, isComplete: false, problem: error.message }
    }
  }

  async create(
    accountId: string,
    fields: { name: string; description: string | null; classes: readonly AnnotationClass[] },
  ): Promise<ListedDataset> {
    const { name, description, classes } = fields
    const dataset = await this.#run(accountId, (client) =>
      client.datasets.create({
        name,
        ...(description && { description }),
        annotationTypes: TYPES,
        classes: classes.map(toRemoteClass),
      }),
    )
    return this.#listed(accountId, dataset)
  }

  async rename(accountId: string, remoteId: string, newName: string): Promise<void> {
    const askedAt = this.#deps.classes.stamp()
    const dataset = await this.#run(accountId, (client) =>
      client.datasets.update(remoteId, { newName }),
    )
    this.#refresh(accountId, dataset, askedAt)
  }

  async setArchived(accountId: string, remoteId: string, archived: boolean): Promise<void> {
    const askedAt = this.#deps.classes.stamp()
    const dataset = await this.#run(accountId, (client) =>
      archived ? client.datasets.archive(remoteId) : client.datasets.unarchive(remoteId),
    )
    this.#refresh(accountId, dataset, askedAt)
  }

  /** Opens a remote dataset; its images arrive page by page. Offline, opens its last known state. */
  async open(accountId: string, remoteId: string): Promise<StoredDataset> {
    const { datasets, remotes } = this.#deps
    const known = remotes.datasetId(accountId, remoteId)
    if (known !== null) {
      datasets.touch(known)
      this.refreshImages(known)
      return datasets.get(known)
    }
    const dataset = await this.#run(accountId, (client) => client.datasets.get(remoteId))
    const meanwhile = remotes.datasetId(accountId, remoteId)
    const adopted = meanwhile === null ? this.#adopt(accountId, dataset) : datasets.get(meanwhile)
    this.refreshImages(adopted.id)
    return datasets.get(adopted.id)
  }

  /**
   * Returns the local id of a dataset that is used without being opened, by an upload with labels. Its images are
   * listed when somebody opens it.
   */
  async require(accountId: string, remoteId: string): Promise<string> {
    const known = this.#deps.remotes.datasetId(accountId, remoteId)
    if (known !== null) return known
    const dataset = await this.#deps.accounts.run(accountId, (client) =>
      client.datasets.get(remoteId),
    )
    return this.#deps.remotes.datasetId(accountId, remoteId) ?? this.#adopt(accountId, dataset).id
  }

  /** Refreshes the dataset and its image list in the background; one refresh at a time. */
  refreshImages(datasetId: string): void {
    if (this.#listing.has(datasetId)) return
    const abort = new AbortController()
    const work = this.#readAll(datasetId, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        const { found } = this.#deps.images.count(datasetId)
        const problem = toServiceError(error)
        // Offline, the local list is all there is; the account already shows that it is offline.
        this.#tell(datasetId, 'done', found, problem.reason === 'offline' ? [] : [problem.message])
      })
      .finally(() => this.#listing.delete(datasetId))
    this.#listing.set(datasetId, { abort, work })
  }

  /** Resolves when a running refresh has ended. */
  async settled(datasetId: string): Promise<void> {
    await this.#listing.get(datasetId)?.work
  }

  /** Cancels everything that runs for a dataset and deletes its files. */
  async forget(datasetId: string): Promise<void> {
    const listing = this.#listing.get(datasetId)
    listing?.abort.abort()
    await listing?.work
    const { root } = this.#deps.datasets.get(datasetId)
    this.#deps.datasets.remove(datasetId)
    await rm(root, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#listing.values()]
    for (const { abort } of running) abort.abort()
    await Promise.all(running.map(({ work }) => work))
  }

  #run<T>(accountId: string, work: (client: Client) => Promise<T>): Promise<T> {
    return this.#deps.accounts.run(accountId, work).catch((error: unknown) => {
      throw toServiceError(error)
    })
  }

  #listed(accountId: string, dataset: RemoteDataset): ListedDataset {
    const { remotes, datasets } = this.#deps
    const datasetId = remotes.datasetId(accountId, dataset.id)
    const counts = datasetId === null ? null : datasets.remoteCounts(datasetId)
    return {
      remoteId: dataset.id,
      name: dataset.name,
      description: dataset.description ?? null,
      imageCount: dataset.image_count,
      completedCount: dataset.completed_image_count,
      sizeBytes: dataset.total_size,
      isArchived: dataset.is_archived ?? false,
      isCold: isCold(dataset),
      datasetId,
      waiting: counts ? counts.waiting + counts.failed + counts.conflicts : 0,
    }
  }

  #known(accountId: string): ListedDataset[] {
    const { remotes, datasets } = this.#deps
    return remotes.datasetsOf(accountId).map((id) => {
      const { name, remote } = datasets.get(id)
      const { waiting, failed, conflicts } = datasets.remoteCounts(id)
      return {
        remoteId: remote?.remoteId ?? '',
        name,
        description: null,
        imageCount: datasets.counts(id).imageCount,
        completedCount: this.#deps.images.countStage(id, 'complete'),
        sizeBytes: 0,
        isArchived: remote?.isArchived ?? false,
        isCold: remote?.isCold ?? false,
        datasetId: id,
        waiting: waiting + failed + conflicts,
      }
    })
  }

  #adopt(accountId: string, dataset: RemoteDataset): StoredDataset {
    const { datasets, remotes, cacheDir } = this.#deps
    const id = newId()
    const root = join(cacheDir, id)
    makeFolderSync(root, PRIVATE_FOLDER)
    const classes = classesOf(dataset)
    datasets.together(() => {
      datasets.create({ name: dataset.name, kind: 'remote', root, classes }, id)
      remotes.link(id, accountId, dataset.id)
      remotes.setClassBase(id, classes)
      remotes.setState(id, { isArchived: dataset.is_archived ?? false, isCold: isCold(dataset) })
    })
    return datasets.get(id)
  }

  /** Updates name, state and classes of a dataset from the service; unpushed local changes stay. */
  #refresh(accountId: string, dataset: RemoteDataset, askedAt: number): void {
    const { datasets, remotes, classes } = this.#deps
    const id = remotes.datasetId(accountId, dataset.id)
    if (id === null) return
    const { name } = datasets.get(id)
    datasets.together(() => {
      remotes.setState(id, { isArchived: dataset.is_archived ?? false, isCold: isCold(dataset) })
      if (name !== dataset.name) datasets.setName(id, dataset.name)
      // A record without its classes does not say that there are none.
      if (dataset.classes) classes.take(id, classesOf(dataset), askedAt)
    })
    this.#deps.announce(id)
  }

  async #readAll(datasetId: string, signal: AbortSignal): Promise<void> {
    const { datasets, images, remotes, events, accounts } = this.#deps
    const { remote } = datasets.get(datasetId)
    if (!remote) return
    const { accountId, remoteId } = remote
    this.#tell(datasetId, 'scanning', images.count(datasetId).found)
    const askedAt = this.#deps.classes.stamp()
    const dataset = await accounts.run(accountId, (client) =>
      client.datasets.get(remoteId, { signal }),
    )
    this.#refresh(accountId, dataset, askedAt)
    const gone = remotes.imageIds(datasetId)
    let found = 0
    const askedAtMs = Date.now()
    const takeOver = (page: ReturnType<typeof fromRemoteImage>[]) => {
      for (const image of page) gone.delete(image.remoteId)
      found += page.length
      const changed = remotes.listed.upsert(datasetId, page, askedAtMs)
      if (changed.length > 0)
        events.publish({ type: 'images', datasetId, upserted: images.getMany(changed) })
      this.#tell(datasetId, 'scanning', found)
    }
    await accounts.run(accountId, async (client) => {
      let page: ReturnType<typeof fromRemoteImage>[] = []
      for await (const image of client.images.list(remoteId, { signal })) {
        page.push(fromRemoteImage(image))
        if (page.length < PAGE) continue
        takeOver(page)
        page = []
      }
      takeOver(page)
    })
    // The image was archived or deleted on the service. Labels that exist only here stay visible.
    const there = images.getMany([...gone.values()]).filter((image) => !image.missing)
    const open = new Set(there.map(({ id }) => id))
    const candidates = [...gone].flatMap(([id, imageId]) => (open.has(imageId) ? [id] : []))
    const confirmed = await accounts.run(accountId, (client) =>
      reallyGone(client, remoteId, candidates, signal),
    )
    const missing = images.markMissing(confirmed.flatMap((id) => gone.get(id) ?? []))
    const renamed = images.getMany(remotes.listed.takeOwnPaths(datasetId))
    const upserted = [...missing, ...renamed]
    if (upserted.length > 0) events.publish({ type: 'images', datasetId, upserted })
    remotes.setListed(datasetId, Date.now())
    this.#tell(datasetId, 'done', found)
    this.#deps.announce(datasetId)
  }

  #tell(
    datasetId: string,
    state: 'scanning' | 'done',
    found: number,
    problems: string[] = [],
  ): void {
    const masks = { count: 0, folders: [] }
    this.#deps.events.publish({
      type: 'scan',
      datasetId,
      state,
      found,
      read: found,
      problems,
      masks,
    })
  }
}
