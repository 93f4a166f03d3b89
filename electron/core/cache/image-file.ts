import { extname, join } from 'node:path'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { IMAGE_EXTENSIONS } from '#shared/model/dataset.ts'

/**
 * Where an image's file is on this disk, absolute. What the service calls it is never part of the path: its
 * file is named by our own id, with an extension of the known ones.
 */
export function imageFile(
  { kind, root }: Pick<Dataset, 'kind' | 'root'>,
  { id, path }: Pick<DatasetImage, 'id' | 'path'>,
): string {
  if (kind !== 'remote') return join(root, path)
  const extension = extname(path).toLowerCase()
  return join(root, IMAGE_EXTENSIONS.has(extension.slice(1)) ? `${id}${extension}` : id)
}
