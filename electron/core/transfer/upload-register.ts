import { randomUUID } from 'node:crypto'
import { BULK_UPLOAD_LIMIT, type RemoteImage } from '#core/api/client.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { JobContext } from './job.ts'
import type { UploadFacts } from './upload-labels.ts'
import { nameOf } from './upload-target.ts'

type Item = TransferItem<UploadFacts>

/** Makes images of the dataset of what was sent, each exactly once, whatever answers are lost. */
export class UploadRegister {
  readonly #context: JobContext

  constructor(context: JobContext) {
    this.#context = context
  }

  /** What was sent before the app ended, and not registered yet, or perhaps registered: the same batches again. */
  async registerLeft(): Promise<void> {
    const { transfers, transfer } = this.#context
    const left = transfers.items<UploadFacts>(transfer.id, 'put')
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
      // Before it is sent: after a crash the same batch under the same key has the same answer.
      transfers.setItems(
        transfer.id,
        batch.map(({ seq }) => ({ seq, state: 'put', batchKey: key })),
      )
      await this.#registerBatch(batch, key)
    }
  }

  async #registerBatch(batch: Item[], idempotencyKey: string): Promise<void> {
    const { run, transfer, transfers, signal, setDoing, onActive } = this.#context
    setDoing('Registering')
    onActive(1)
    await this.#makeRoom(batch)
    const { succeeded, failed } = await run((client) =>
      client.images.bulkRegister(
        transfer.remoteId,
        batch.map(({ target, sizeBytes, facts }) => ({
          ...nameOf(target),
          fileSize: sizeBytes,
          width: facts.width ?? null,
          height: facts.height ?? null,
        })),
        { signal, idempotencyKey },
      ),
    )
    const refused = new Map(
      failed.map(({ filename, directory_path, error }) => [
        joinPath(trimSlashes(directory_path ?? '/'), filename),
        error,
      ]),
    )
    // The successes come in the order asked for, without those that failed.
    const registered = succeeded.values()
    const changes: Parameters<typeof transfers.setItems>[1][number][] = []
    const uploaded: { sha256: string; path: string }[] = []
    for (const { seq, target, facts } of batch) {
      const problem = refused.get(target)
      if (problem !== undefined) {
        changes.push(await this.#unregistered(seq, target, facts, problem))
        continue
      }
      const image: RemoteImage | undefined = registered.next().value
      changes.push({ seq, state: 'done', batchKey: null, facts: { ...facts, remoteId: image?.id } })
      if (facts.sha256) uploaded.push({ sha256: facts.sha256, path: facts.calledAs ?? target })
    }
    transfers.setItems(transfer.id, changes)
    transfers.keepUploaded(transfer.remoteId, uploaded)
    this.#context.flush()
  }

  /** The service says no: because it has it already from us, because the bytes are not there (any more), or for good. */
  async #unregistered(seq: number, target: string, facts: UploadFacts, problem: string) {
    if (/already exists/i.test(problem)) {
      const there = await this.#find(facts.calledAs ?? target)
      if (there && there.id !== facts.replaces)
        return {
          seq,
          state: 'done' as const,
          batchKey: null,
          facts: { ...facts, remoteId: there.id },
        }
    }
    if (/not.?uploaded/i.test(problem)) return { seq, state: 'waiting' as const, batchKey: null }
    return { seq, state: 'failed' as const, batchKey: null, problem }
  }

  async #find(target: string): Promise<RemoteImage | null> {
    const { run, transfer, signal } = this.#context
    const { filename, directoryPath } = nameOf(target)
    return run(async (client) => {
      const list = client.images.list(transfer.remoteId, { filename, directoryPath, signal })
      for await (const image of list) return image
      return null
    })
  }

  /**
   * What is replaced goes, right before its successor is registered. Only what was there when the files were dropped:
   * by now its successor may have its place, when the answer to an earlier registering was lost.
   */
  async #makeRoom(batch: Item[]): Promise<void> {
    const { run, transfer, signal } = this.#context
    const old = batch.flatMap(({ facts }) => facts.replaces ?? [])
    if (old.length === 0) return
    await run((client) =>
      client.images.deleteMany(transfer.remoteId, old, { permanent: true, signal }),
    )
  }
}
