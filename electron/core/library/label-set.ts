import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import { imageFile } from '#core/cache/image-file.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LossLog } from '#core/formats/loss-log.ts'
import type { LabelSet } from '#core/formats/types.ts'
import { SafeNames } from '#core/safe-names.ts'
import { UserError } from '#core/user-error.ts'

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
}

export interface Selection {
  /** null: all. */
  imageIds: readonly string[] | null
  onlyAnnotated: boolean
}

/**
 * The chosen images with their labels, for export, and their files in the same order. Throws a UserError when
 * there are none.
 */
export function labelSetOf(
  { datasets, images, edits }: Deps,
  datasetId: string,
  { imageIds, onlyAnnotated }: Selection,
  losses: LossLog,
): { set: LabelSet; files: string[] } {
  const dataset = datasets.get(datasetId)
  const { name, classes } = dataset
  // What the service calls an image is no path to write to.
  const names = new SafeNames()
  const files: string[] = []
  const wanted = imageIds && new Set(imageIds)
  const labelled = images.list(datasetId).flatMap((image) => {
    if (wanted && !wanted.has(image.id)) return []
    if (onlyAnnotated && image.annotationCount === 0) return []
    const { width, height, stage, split, tags, remote } = image
    const path = remote ? names.assign(image.path) : image.path
    if (remote && !remote.isRead)
      losses.add(
        'the labels were never read from the service: make the dataset available offline, or download it',
        path,
      )
    if (width === null || height === null) {
      losses.add('images without a readable size are left out', path)
      return []
    }
    files.push(imageFile(dataset, image))
    const { annotations, damaged } = edits.readable(image.id)
    if (damaged > 0) losses.add('annotations that cannot be read from the library', path)
    return [
      {
        path,
        width,
        height,
        stage,
        split,
        tags,
        annotations,
      },
    ]
  })
  if (labelled.length === 0)
    throw new UserError(
      'nothing_to_export',
      onlyAnnotated
        ? 'No image has annotations yet. Draw some, or export all images.'
        : 'There is no image to export. Wait until the folder has been read.',
    )
  return { set: { name, classes, images: labelled }, files }
}
