import { directoryOf, fileNameOf, joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { UploadOptions } from '#shared/model/transfer.ts'

/** Where a file goes in the dataset. `path`: below what was dropped, with the dropped folder's own name. */
export function uploadTarget(
  path: string,
  { directory, tree }: Pick<UploadOptions, 'directory' | 'tree'>,
): string {
  const own = directoryOf(path)
  const [first = ''] = own.split('/')
  const kept = tree === 'flat' ? '' : tree === 'first' ? first : own
  return [trimSlashes(directory), kept, fileNameOf(path)]
    .filter((part) => part !== '')
    .reduce(joinPath, '')
}
