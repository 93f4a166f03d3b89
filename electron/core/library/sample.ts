import { join } from 'node:path'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import type { ImportPlans } from './import-plans.ts'
import type { Library } from './library.ts'

interface Deps {
  folder: string
  library: Library
  datasets: DatasetRepository
  imports: ImportPlans
}

/** The sample dataset, with its ground truth imported the first time. */
export async function openSample({ folder, library, datasets, imports }: Deps): Promise<Dataset> {
  const dataset = await library.openFolder(join(folder, 'images'), 'sample')
  if (dataset.classes.length > 0) return dataset
  await library.settled(dataset.id)
  const { planId } = await imports.plan(dataset.id, join(folder, 'labels'), 'pictograph')
  for await (const _step of imports.apply(planId, 'add')) {
    // Progress of a dozen images is not worth telling.
  }
  return library.describe(datasets.get(dataset.id))
}
