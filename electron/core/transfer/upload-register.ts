import { randomUUID } from 'node:crypto'
import { BULK_UPLOAD_LIMIT, type RemoteImage } from '#core/api/client.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { isRefusal } from '#core/service-error.ts'
import { joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'
import type { UploadFacts } from './upload-labels.ts'
import type { UploadNames } from './upload-names.ts'
import { sentTo, type UploadReplace } from './upload-replace.ts'
import { nameOf } from './upload-target.ts'

type Item = TransferItem<UploadFacts>
type Change = Parameters<JobContext['transfers']['setItems']>[1][number]

/** Registers sent files as images of the dataset, each exactly once, even if answers are lost. */
export class UploadRegister {
  readonly #context: JobContext
  readonly #names: UploadNames
  readonly #replace: UploadReplace

  constructor(context: JobContext, names: UploadNames, replace: UploadReplace) {
    this.#context = context
    this.#names = names
    this.#replace = replace
  }

  /** Registers what was sent before the app closed and perhaps registered already, in the same batches. */
  async registerLeft(): Promise<void> {
    const { transfers, transfer } = this.#context
    const put = transfers.items<UploadFacts>(transfer.id, 'put')
    const registered = put.filter(({ facts }) => facts.remoteId !== undefined)
    if (registered.length > 0) await this.#replace.swap(registered, { isAgain: true })
    const left = put.filter(({ facts }) => facts.remoteId === undefined)
    for (const [key, batch] of Map.groupBy(left, ({ batchKey }) => batchKey)) {
      if (key === null) await this.register(batch)
      else await this.#registerBatch(batch, key)
    }
  }

  async register(items: Item[]): Promise<void> {
    const { transfers, transfer } = this.#context
    for (let start = 0; start < items.length; start += BULK_UPLOAD_LIMIT) {
      const batch = items.slice(start, start + BULK_UPLOAD_LIMIT)
      const key = randomUUID().replaceAll('-', '')
      // Store the key first: after a crash, the same batch with the same key gets the same answer.
      transfers.setItems(
        transfer.id,
        batch.map(({ seq }) => ({ seq, state: 'put', batchKey: key })),
      )
      await this.#registerBatch(batch, key)
    }
  }

  async #registerBatch(batch: Item[], idempotencyKey: string): Promise<void> {
    const { transfer, transfers, setDoing, onActive } = this.#context
    setDoing('Registering the images')
    onActive(1)
    const { succeeded, failed } = await this.#ask(batch, idempotencyKey)
    const refused = new Map(
      failed.map(({ filename, directory_path, error }) => [
        joinPath(trimSlashes(directory_path ?? '/'), filename),
        error,
      ]),
    )
    // Successes come in the requested order, without the failed ones.
    const registered = succeeded.values()
    const changes: Change[] = []
    const uploaded: { sha256: string; path: string }[] = []
    const replacing: Item[] = []
    for (const item of batch) {
      const { seq, target } = item
      const problem = refused.get(sentTo(transfer, item))
      if (problem !== undefined) {
        changes.push(await this.#unregistered(item, problem))
        continue
      }
      const image: RemoteImage | undefined = registered.next().value
      const facts = { ...item.facts, ...(image && { remoteId: image.id }) }
      const isReplacing = facts.replaces !== undefined && image !== undefined
      if (isReplacing) replacing.push({ ...item, facts })
      changes.push({ seq, state: isReplacing ? 'put' : 'done', batchKey: null, facts })
      if (facts.sha256) uploaded.push({ sha256: facts.sha256, path: facts.calledAs ?? target })
    }
    transfers.setItems(transfer.id, changes)
    transfers.keepUploaded(transfer.remoteId, uploaded)
    if (replacing.length > 0) await this.#replace.swap(replacing, { isAgain: false })
    this.#context.flush()
  }

  async #ask(batch: readonly Item[], idempotencyKey: string) {
    const { run, transfer, transfers, signal } = this.#context
    const images = batch.map((item) => ({
      ...nameOf(sentTo(transfer, item)),
      fileSize: item.sizeBytes,
      width: item.facts.width ?? null,
      height: item.facts.height ?? null,
    }))
    try {
      return await run((client) =>
        client.images.bulkRegister(transfer.remoteId, images, { signal, idempotencyKey }),
      )
    } catch (error) {
      // The service repeats its refusal for this key, so the next try needs another key.
      if (!signal.aborted && isRefusal(error))
        transfers.setItems(
          transfer.id,
          batch.map(({ seq }) => ({ seq, state: 'put', batchKey: null })),
        )
      throw error
    }
  }

  /**
   * Handles a refusal: the name is taken, the bytes are missing, or it is final. If the name is taken, somebody else
   * has it, because our own registration under this key would have succeeded.
   */
  async #unregistered(item: Item, problem: string): Promise<Change> {
    const { seq } = item
    if (/already exists/i.test(problem)) return this.#collided(item, problem)
    if (/not.?uploaded/i.test(problem)) return { seq, state: 'waiting', batchKey: null }
    return { seq, state: 'failed', batchKey: null, problem }
  }

  /** Somebody registered the name after the files were dropped: apply the user's choice. */
  async #collided({ seq, target, facts }: Item, problem: string): Promise<Change> {
    const path = facts.calledAs ?? target
    const there = await this.#find(path)
    if (!there) return { seq, state: 'failed', batchKey: null, problem }
    this.#names.addThere(path, there.id)
    const fate = this.#names.again(path, seq)
    const { calledAs: _clean, replaces: _old, ...rest } = facts
    switch (fate.kind) {
      case 'skip':
        if (!there.is_archived) return { seq, state: 'skipped', batchKey: null }
        break
      case 'send':
        return { seq, state: 'waiting', batchKey: null, target: fate.target, facts: rest }
      case 'replace': {
        const replacing = { ...rest, replaces: fate.replaces }
        return { seq, state: 'waiting', batchKey: null, target: path, facts: replacing }
      }
      default:
    }
    return { seq, state: 'failed', batchKey: null, problem: takenBy(path, there) }
  }

  async #find(target: string): Promise<RemoteImage | null> {
    const { run, transfer, signal } = this.#context
    const { filename, directoryPath } = nameOf(target)
    return run(async (client) => {
      const filter = { filename, directoryPath, includeArchived: true, signal }
      for await (const image of client.images.list(transfer.remoteId, filter)) return image
      return null
    })
  }
}

const takenBy = (path: string, { is_archived: isArchived }: RemoteImage) =>
  isArchived
    ? `An archived image has the name ${path}. Restore it, or send this one again with “Rename” or “Replace”.`
    : `The service calls it ${path}, which is taken`
