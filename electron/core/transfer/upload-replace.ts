import { type Client, NotFoundError } from '#core/api/client.ts'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { directoryOf, joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'
import type { UploadFacts } from './upload-labels.ts'

type Item = TransferItem<UploadFacts>

/** Directory in the dataset for replaced images before they are archived, which frees their names. */
const REPLACED = 'replaced'

/** Directory in the dataset where images wait until they are registered and can replace others. */
const incoming = (transferId: string) => `incoming-${transferId.slice(0, 8)}`

/** Directory and name under which a file is sent: beside its final path if it replaces an image. */
export function sentTo({ id }: { id: string }, { target, facts }: Pick<Item, 'target' | 'facts'>) {
  return facts.replaces === undefined ? target : joinPath(incoming(id), target)
}

/** The final path for a path from `sentTo`. */
export function placeOf({ id }: { id: string }, path: string): string {
  const prefix = `${incoming(id)}/`
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

/**
 * Images that replace others. The new one is registered beside its path; then the old one is moved away, the new one
 * takes its path, and the old one is archived with its labels. If this is interrupted, both still exist.
 */
export class UploadReplace {
  readonly #context: JobContext

  constructor(context: JobContext) {
    this.#context = context
  }

  /** `items`: registered. `isAgain`: an earlier run may have done a part. */
  async swap(items: readonly Item[], { isAgain }: { isAgain: boolean }): Promise<void> {
    const byDirectory = Map.groupBy(items, ({ target, facts }) =>
      directoryOf(facts.calledAs ?? target),
    )
    for (const [directory, group] of byDirectory) {
      const open = isAgain ? await this.#notInPlace(directory, group) : group
      const names = await this.#takePlace(directory, open)
      await this.#archive(group)
      this.#settle(group, names)
    }
    this.#context.flush()
  }

  /** Removes the directories that only this upload needed, unless they contain something. */
  async clean(directories: Iterable<string>): Promise<void> {
    const { run, transfer, signal, log } = this.#context
    const all = new Set<string>()
    for (const directory of directories) {
      let path = trimSlashes(joinPath(incoming(transfer.id), directory))
      for (; path !== ''; path = directoryOf(path)) all.add(path)
    }
    // Deepest first, because a directory must be empty to be removed.
    for (const path of [...all].sort((a, b) => b.length - a.length))
      await run((client) => client.directories.delete(transfer.remoteId, path, { signal })).catch(
        (error: unknown) => {
          signal.throwIfAborted()
          log.info('directory stays', { path, error: String(error) })
        },
      )
  }

  /** Returns the new names, by service id, of images whose names somebody took meanwhile. */
  async #takePlace(directory: string, items: readonly Item[]): Promise<Map<string, string>> {
    if (items.length === 0) return new Map()
    const olds = items.flatMap(({ facts }) => facts.replaces ?? [])
    // An old image that was deleted meanwhile is not in the way.
    await this.#orGone((client) => this.#move(client, olds, joinPath(REPLACED, directory)))
    const news = items.flatMap(({ facts }) => facts.remoteId ?? [])
    const { run } = this.#context
    const { renamed } = await run((client) => this.#move(client, news, directory))
    const names = new Map<string, string>()
    if (renamed) for (const id of news) names.set(id, (await this.#metadata(id)).path)
    return names
  }

  #move(client: Client, ids: readonly string[], to: string) {
    const { transfer, signal } = this.#context
    return client.images.moveMany(transfer.remoteId, ids, `/${to}`, { signal })
  }

  async #archive(items: readonly Item[]): Promise<void> {
    const { transfer, signal } = this.#context
    const olds = items.flatMap(({ facts }) => facts.replaces ?? [])
    await this.#orGone((client) => client.images.deleteMany(transfer.remoteId, olds, { signal }))
  }

  async #orGone(work: (client: Client) => Promise<unknown>): Promise<void> {
    try {
      await this.#context.run(work)
    } catch (error) {
      if (!(error instanceof NotFoundError) || error.isForeign) throw error
    }
  }

  async #metadata(remoteId: string) {
    const { run, signal } = this.#context
    return fromRemoteImage(await run((client) => client.images.metadata(remoteId, { signal })))
  }

  /** Items whose new image is not at its path yet. */
  async #notInPlace(directory: string, items: readonly Item[]): Promise<Item[]> {
    const open: Item[] = []
    for (const item of items) {
      const { remoteId } = item.facts
      if (
        remoteId !== undefined &&
        directoryOf((await this.#metadata(remoteId)).path) !== directory
      )
        open.push(item)
    }
    return open
  }

  #settle(items: readonly Item[], names: ReadonlyMap<string, string>): void {
    const { transfers, transfer } = this.#context
    transfers.setItems(
      transfer.id,
      items.map(({ seq, target, facts: { replaces: _old, ...facts } }) => {
        const calledAs = names.get(facts.remoteId ?? '') ?? facts.calledAs ?? target
        const kept = { ...facts, calledAs, hasReplaced: true }
        return { seq, state: 'done' as const, batchKey: null, facts: kept }
      }),
    )
  }
}
