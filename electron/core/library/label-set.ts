import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import { imageFile } from '#core/cache/image-file.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelExtraRepository } from '#core/cache/label-extra-repository.ts'
import type { LossLog } from '#core/formats/loss-log.ts'
import type { LabelledImage } from '#core/formats/types.ts'
import { SafeNames } from '#core/safe-names.ts'
import { UserError } from '#core/user-error.ts'
import type { ExportJob } from './export-job.ts'

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  labelExtras: LabelExtraRepository
}

export interface Selection {
  /** null: all. */
  imageIds: readonly string[] | null
  onlyAnnotated: boolean
}

/**
 * The selected images with their labels, read one by one, and their files in the same order. Throws a UserError if
 * there are none.
 */
export function labelSetOf(
  { datasets, images, edits, labelExtras }: Deps,
  datasetId: string,
  { imageIds, onlyAnnotated }: Selection,
  losses: LossLog,
): Pick<ExportJob, 'set' | 'files'> {
  const dataset = datasets.get(datasetId)
  const { name, classes } = dataset
  // What the service calls an image is no path to write to.
  const names = SafeNames.forTarget()
  const wanted = imageIds && new Set(imageIds)
  const chosen = images
    .list(datasetId)
    .filter(({ id }) => !wanted || wanted.has(id))
    .filter(({ annotationCount }) => !onlyAnnotated || annotationCount > 0)
    .map((image) => ({ image, path: image.remote ? names.assign(image.path) : image.path }))
  if (chosen.length === 0)
    throw new UserError(
      'nothing_to_export',
      onlyAnnotated
        ? 'No image has annotations yet. Draw some, or export all images.'
        : 'There is no image to export. Wait until the folder has been read.',
    )
  function* labelled(): Generator<LabelledImage> {
    for (const { image, path } of chosen) {
      const { width, height, stage, split, tags, remote } = image
      if (remote && !remote.isRead)
        losses.add(
          'the labels were never read from the service: make the dataset available offline, or download it',
          path,
        )
      const { annotations, damaged } = edits.readable(image.id)
      if (damaged > 0) losses.add('annotations that cannot be read from the library', path)
      yield {
        ...{ path, width, height, stage, split, tags, annotations },
        ...labelExtras.ofImage(image.id),
      }
    }
  }
  return {
    set: { name, classes, extra: labelExtras.ofDataset(datasetId), images: labelled() },
    files: chosen.map(({ image }) => imageFile(dataset, image)),
  }
}
