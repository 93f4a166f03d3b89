import type { Client } from '#core/api/client.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Store } from '#core/store.ts'
import { UserError } from '#core/user-error.ts'
import { counted } from '#shared/model/counted.ts'
import type { BatchOutcome, Duplicates, SimilarImage } from '#shared/model/curation.ts'
import type { Accounts } from './accounts.ts'

interface Deps {
  store: Pick<Store, 'datasets' | 'images'>
  accounts: Accounts
  remotes: RemoteRepository
  events: EventBus
  /** Pushes all waiting changes of an account. */
  pushNow: (accountId: string) => Promise<void>
  /** Maximum number of images per request. */
  batchLimit: number
}

interface BatchAnswer {
  processed: number
  failed: readonly { id: string; reason: string }[]
}

/** Finds similar images in a remote dataset, and archives or copies images. Throws what the client throws. */
export class Curation {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Groups of images that look the same. Leaves out images that are not in the local list. */
  async duplicates(datasetId: string, threshold: number): Promise<Duplicates> {
    const { accounts } = this.#deps
    const { accountId, remoteId } = this.#remote(datasetId)
    const found = await accounts.run(accountId, (client) =>
      client.datasets.duplicates(remoteId, { threshold }),
    )
    const groups = found.groups.map(({ members, max_similarity }) => ({
      imageIds: this.#present(
        datasetId,
        members.map(({ id }) => id),
      ),
      similarity: max_similarity ?? null,
    }))
    return {
      groups: groups.filter(({ imageIds }) => imageIds.length > 1),
      analyzed: found.analyzed ?? 0,
      total: found.total_images ?? found.analyzed ?? 0,
    }
  }

  async similar(imageId: string): Promise<SimilarImage[]> {
    const { accounts, remotes, store } = this.#deps
    const { datasetId } = store.images.get(imageId)
    const { accountId } = this.#remote(datasetId)
    const remoteId = remotes.find(imageId)?.remoteId
    if (remoteId === undefined) return []
    const found = await accounts.run(accountId, (client) => client.search.similar(remoteId))
    return found.flatMap(({ id, similarity }) =>
      this.#present(datasetId, [id]).map((imageId) => ({
        imageId,
        similarity: similarity ?? null,
      })),
    )
  }

  /** Archives images on the service. Locally they are marked as missing and keep their labels. */
  async archive(datasetId: string, imageIds: readonly string[]): Promise<BatchOutcome> {
    const { store, events } = this.#deps
    return this.#inBatches(datasetId, imageIds, async (client, dataset, ids, byRemoteId) => {
      const answer = await client.images.deleteMany(dataset, ids)
      const refused = new Set(answer.failed.map(({ id }) => id))
      const archived = ids.flatMap((id) => (refused.has(id) ? [] : (byRemoteId.get(id) ?? [])))
      const upserted = store.images.markMissing(archived)
      if (upserted.length > 0) events.publish({ type: 'images', datasetId, upserted })
      return answer
    })
  }

  /** Copies images, as the service has them, to another dataset of the account. */
  async copy(
    datasetId: string,
    imageIds: readonly string[],
    target: string,
    directory: string,
  ): Promise<BatchOutcome & { classesAdded: string[] }> {
    const classesAdded = new Set<string>()
    const outcome = await this.#inBatches(datasetId, imageIds, async (client, dataset, ids) => {
      const answer = await client.images.copyToDataset(dataset, ids, target, {
        directoryPath: `/${directory.split('/').filter(Boolean).join('/')}`,
      })
      for (const name of answer.classes_added ?? []) classesAdded.add(name)
      return answer
    })
    return { ...outcome, classesAdded: [...classesAdded] }
  }

  /** The dataset's annotation instructions. */
  async instructions(datasetId: string) {
    const { accountId, remoteId } = this.#remote(datasetId)
    const dataset = await this.#deps.accounts.run(accountId, (client) =>
      client.datasets.get(remoteId),
    )
    return { readme: dataset.readme || null, description: dataset.description || null }
  }

  #remote(datasetId: string): { accountId: string; remoteId: string } {
    const { remote } = this.#deps.store.datasets.get(datasetId)
    if (!remote) throw new UserError('not_remote', 'This dataset is not on the service.')
    return remote
  }

  /** Maps service image ids to local ids; leaves out images that are not present. */
  #present(datasetId: string, remoteIds: readonly string[]): string[] {
    const { remotes, store } = this.#deps
    const ids = remoteIds.flatMap((id) => remotes.imageId(datasetId, id) ?? [])
    const present = new Set(
      store.images.getMany(ids).flatMap(({ id, missing }) => (missing ? [] : [id])),
    )
    return ids.filter((id) => present.has(id))
  }

  async #inBatches(
    datasetId: string,
    imageIds: readonly string[],
    work: (
      client: Client,
      dataset: string,
      remoteIds: string[],
      byRemoteId: ReadonlyMap<string, string>,
    ) => Promise<BatchAnswer>,
  ): Promise<BatchOutcome> {
    const { accounts, remotes, store, batchLimit, pushNow } = this.#deps
    const { accountId, remoteId: dataset } = this.#remote(datasetId)
    // The service copies its own state, so local edits must be pushed first.
    await pushNow(accountId)
    const images = store.images.getMany(imageIds)
    const unsent = images.filter(({ remote }) => remote?.sync !== 'synced')
    if (unsent.length > 0)
      throw new UserError(
        'unsent',
        `${counted(unsent.length, 'image')} ${unsent.length === 1 ? 'has' : 'have'} changes that are not on the service yet. Send them first, or leave ${unsent.length === 1 ? 'it' : 'them'} out.`,
      )
    const pathOf = new Map(images.map(({ id, path }) => [id, path]))
    const byRemoteId = new Map(
      imageIds.flatMap((id) => {
        const facts = remotes.find(id)
        return facts ? [[facts.remoteId, id] as const] : []
      }),
    )
    const all = [...byRemoteId.keys()]
    const outcome: BatchOutcome = { processed: 0, failed: [] }
    for (let start = 0; start < all.length; start += batchLimit) {
      const ids = all.slice(start, start + batchLimit)
      const answer = await accounts.run(accountId, (client) =>
        work(client, dataset, ids, byRemoteId),
      )
      outcome.processed += answer.processed
      for (const { id, reason } of answer.failed)
        outcome.failed.push({ path: pathOf.get(byRemoteId.get(id) ?? '') ?? id, reason })
    }
    return outcome
  }
}
