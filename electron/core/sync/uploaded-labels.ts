import { setImmediate } from 'node:timers/promises'
import type { Client } from '#core/api/client.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { LabelSink, LabelTarget, UploadedImageLabels } from '#core/transfer/label-sink.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import type { Accounts } from './accounts.ts'

/** Images imported in one transaction: small enough that edits can run in between. */
const CHUNK = 50

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  edits: EditStore
  remotes: RemoteRepository
  outbox: Outbox
  publish: (outcome: Outcome) => void
  /** Returns the local id of a remote dataset; adds the dataset to this machine if needed. */
  requireDataset: (accountId: string, remoteId: string) => Promise<string>
  pushDataset: (client: Client, datasetId: string, signal: AbortSignal) => Promise<void>
}

/**
 * Labels uploaded with their images are ordinary edits: committed here once, then pushed, merged and kept like drawn
 * shapes.
 */
export function uploadedLabels(deps: Deps, target: LabelTarget): LabelSink {
  const { accountId, remoteId } = target
  const rows = (remoteImageIds: Iterable<string>) => rowsOf(deps, target, new Set(remoteImageIds))
  return {
    take: async (labels, classes, signal) => {
      const datasetId = await deps.requireDataset(accountId, remoteId)
      addClasses(deps, datasetId, labels, classes)
      for (let start = 0; start < labels.length; start += CHUNK) {
        signal.throwIfAborted()
        const outcomes = takeChunk(deps, datasetId, labels.slice(start, start + CHUNK))
        for (const outcome of outcomes) deps.publish(outcome)
        await setImmediate()
      }
    },
    push: async (signal) => {
      const datasetId = deps.remotes.datasetId(accountId, remoteId)
      if (datasetId === null) return
      await deps.accounts.run(accountId, (client) => deps.pushDataset(client, datasetId, signal))
    },
    retry: (remoteImageIds) => {
      const failed = rows(remoteImageIds).filter(({ row }) => row.state === 'failed')
      if (failed.length > 0) deps.outbox.retry(failed.map(({ row }) => row.id))
    },
    state: (images) => {
      const open = rows(images.keys()).map(({ row, remoteImageId }) => ({
        ...row,
        remoteImageId,
        path: images.get(remoteImageId) ?? '',
      }))
      return {
        waiting: open.filter(({ state }) => state === 'waiting').length,
        refused: open
          .filter(({ state }) => state === 'failed')
          .map(({ path, problem }) => ({ path, problem: problem ?? '' })),
        conflicts: open.filter(({ state }) => state === 'conflict').map(({ path }) => path),
        unsaved: open.map(({ remoteImageId }) => remoteImageId),
        unknown: unknownOf(deps, target, images.keys()),
      }
    },
  }
}

/** Rows of the images, by the service's ids, that are not saved yet. */
function rowsOf(
  { remotes, outbox }: Pick<Deps, 'remotes' | 'outbox'>,
  { accountId, remoteId }: LabelTarget,
  remoteImageIds: ReadonlySet<string>,
): { row: OutboxRow; remoteImageId: string }[] {
  const datasetId = remotes.datasetId(accountId, remoteId)
  if (datasetId === null) return []
  return outbox.list(datasetId).flatMap((row) => {
    if (row.kind !== 'annotations' || row.imageId === null) return []
    const remoteImageId = remotes.find(row.imageId)?.remoteId
    return remoteImageId !== undefined && remoteImageIds.has(remoteImageId)
      ? [{ row, remoteImageId }]
      : []
  })
}

/** Ids of images that are not known here. */
function unknownOf(
  { remotes }: Pick<Deps, 'remotes'>,
  { accountId, remoteId }: LabelTarget,
  remoteImageIds: Iterable<string>,
): string[] {
  const datasetId = remotes.datasetId(accountId, remoteId)
  const known = datasetId === null ? new Map() : remotes.imageIds(datasetId)
  return [...remoteImageIds].filter((id) => !known.has(id))
}

function addClasses(
  { datasets }: Pick<Deps, 'datasets'>,
  datasetId: string,
  labels: readonly UploadedImageLabels[],
  classes: readonly AnnotationClass[],
): void {
  const names = labels.flatMap(({ annotations }) => annotations.map(({ className }) => className))
  const known = datasets.get(datasetId).classes
  const taken = new Set(known.map(({ name }) => name))
  const own = [...new Map(classes.map((item) => [item.name, item])).values()]
  const added = own.filter(({ name }) => !taken.has(name))
  const all = withClassNames([...known, ...added], names)
  datasets.addClasses(datasetId, all.slice(known.length))
}

function takeChunk(
  { edits, remotes }: Pick<Deps, 'edits' | 'remotes'>,
  datasetId: string,
  labels: readonly UploadedImageLabels[],
): Outcome[] {
  return edits.together(() => {
    const unknown = labels.filter(({ image }) => !remotes.imageId(datasetId, image.remoteId))
    remotes.listed.upsert(
      datasetId,
      unknown.map(({ image }) => image),
    )
    return labels.flatMap(({ commitId, image, annotations }) => {
      const imageId = remotes.imageId(datasetId, image.remoteId)
      if (imageId === null) return []
      const changes = { ...EMPTY_CHANGE_SET, created: [...annotations] }
      const commit = { commitId, imageId, changes }
      return [edits.commit({ ...commit, label: 'Labels from the upload', origin: 'import' })]
    })
  })
}
