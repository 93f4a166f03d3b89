import { stat } from 'node:fs/promises'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { Dataset } from '#shared/model/dataset.ts'

/** A dataset for windows: with its counts, and whether its folder exists. */
export async function describeDataset(
  datasets: DatasetRepository,
  dataset: StoredDataset,
): Promise<Dataset> {
  const { remote } = dataset
  // A remote dataset's files are on the service.
  const isThere = remote !== null || (await stat(dataset.root).catch(() => null))?.isDirectory()
  return {
    ...dataset,
    ...datasets.counts(dataset.id),
    remote: remote && { ...remote, ...datasets.remoteCounts(dataset.id) },
    missing: !isThere,
  }
}
