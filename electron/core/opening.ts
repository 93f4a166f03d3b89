import { join } from 'node:path'
import type { Dataset } from '#shared/model/dataset.ts'
import { formatLink } from '#shared/model/link.ts'
import type { CoreEvents } from './core-events.ts'
import type { LabelExchange } from './library/label-exchange.ts'
import type { Library } from './library/library.ts'
import type { Removal } from './library/removal.ts'
import { type Opened, openTarget } from './open-target.ts'
import type { Store } from './store.ts'
import type { Sync } from './sync/sync.ts'

interface Deps {
  store: Pick<Store, 'datasets' | 'images'>
  library: Library
  formats: LabelExchange
  sync: Pick<Sync, 'accounts' | 'remotes' | 'remoteDatasets' | 'openDataset' | 'forgetDataset'>
  removal: Pick<Removal, 'start'>
  coreEvents: CoreEvents
  /** What to open at startup; null: nothing. */
  target: string | null
}

/** Opens datasets, local or remote, and removes them. */
export class Opening {
  readonly #deps: Deps
  #target: string | null

  constructor(deps: Deps) {
    this.#deps = deps
    this.#target = deps.target
  }

  openFolder(path: string): Promise<Dataset> {
    return this.#opened(this.#deps.library.openFolder(path))
  }

  openDataset(id: string): Promise<Dataset> {
    const { store, library } = this.#deps
    const { remote } = store.datasets.get(id)
    return this.#opened(
      remote ? this.openRemote(remote.accountId, remote.remoteId) : library.open(id),
    )
  }

  async openRemote(accountId: string, remoteId: string): Promise<Dataset> {
    const { id } = await this.#deps.sync.openDataset(accountId, remoteId)
    return this.#deps.library.describe(id)
  }

  /** A folder, an image or a link, see `openTarget`. */
  openTarget(wanted: string): Promise<Opened> {
    const { store, library, sync } = this.#deps
    return openTarget(wanted, {
      ...sync,
      ...store,
      settled: (id) => library.settled(id),
      openFolder: (path) => this.openFolder(path),
      openDataset: (id) => this.openDataset(id),
    })
  }

  /** The sample dataset; its ground truth is imported the first time. */
  async openSample(): Promise<Dataset> {
    const { library, formats } = this.#deps
    const folder = await library.sampleFolder()
    const dataset = await library.openFolder(join(folder, 'images'), 'sample')
    if (dataset.classes.length > 0) return dataset
    await library.settled(dataset.id)
    const labels = join(folder, 'labels')
    for await (const step of formats.imports.plan(dataset.id, labels, 'pictograph')) {
      if (step.type !== 'plan') continue
      for await (const _step of formats.imports.apply(step.plan.planId, 'add')) {
        // Progress of a dozen images is not worth telling.
      }
    }
    return library.describe(dataset.id)
  }

  /** A link to a remote dataset, or to an image in it; null for a local folder. */
  link(id: string, imageId: string | null): string | null {
    const { store, sync } = this.#deps
    const { remote } = store.datasets.get(id)
    const image = imageId === null ? null : sync.remotes.find(imageId)
    return remote && formatLink({ datasetId: remote.remoteId, imageId: image?.remoteId ?? null })
  }

  /** Removes the dataset from this machine; a folder's files stay. */
  async forget(id: string): Promise<void> {
    const { store, sync, library, removal } = this.#deps
    if (store.datasets.get(id).remote) await sync.forgetDataset(id)
    else await library.forget(id)
    void removal.start()
  }

  /** What the next new page opens. */
  setTarget(wanted: string): void {
    this.#target = wanted
  }

  /** For the first page that asks; a reloaded page continues where it was. */
  takeTarget(): string | null {
    const taken = this.#target
    this.#target = null
    return taken
  }

  async #opened(work: Promise<Dataset>): Promise<Dataset> {
    const dataset = await work
    this.#deps.coreEvents.publish({ type: 'opened', datasetId: dataset.id })
    return dataset
  }
}
