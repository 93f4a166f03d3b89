import { stat } from 'node:fs/promises'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { Dataset } from '#shared/model/dataset.ts'

/** A dataset for windows: with its counts, and whether its folder exists. */
export async function describeDataset(
  datasets: DatasetRepository,
  dataset: StoredDataset,
): Promise<Dataset> {
  // A remote dataset's files are on the service.
  const isThere =
    dataset.remote !== null || (await stat(dataset.root).catch(() => null))?.isDirectory()
  // A slow disk may have answered long after the dataset changed: the description is of now.
  const now = datasets.find(dataset.id) ?? dataset
  return {
    ...now,
    ...datasets.counts(dataset.id),
    remote: now.remote && { ...now.remote, ...datasets.remoteCounts(dataset.id) },
    missing: !isThere,
  }
}
