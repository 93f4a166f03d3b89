import { extname, join } from 'node:path'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { IMAGE_EXTENSIONS } from '#shared/model/dataset.ts'

/**
 * The absolute path of an image's file. It never contains the service's name: the file is named by the local id and a
 * known extension.
 */
export function imageFile(
  { kind, root }: Pick<Dataset, 'kind' | 'root'>,
  { id, path }: Pick<DatasetImage, 'id' | 'path'>,
): string {
  if (kind !== 'remote') return join(root, path)
  const extension = extname(path).toLowerCase()
  return join(root, IMAGE_EXTENSIONS.has(extension.slice(1)) ? `${id}${extension}` : id)
}
