import { contentTypeOf } from '#core/api/images.ts'
import { UserError } from '#core/user-error.ts'
import { directoryOf, fileNameOf, joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { UploadOptions } from '#shared/model/transfer.ts'

/** Throws a UserError if a directory leads out of the dataset. */
export function requireInside(directory: string): void {
  if (directory.split('/').includes('..'))
    throw new UserError(
      'directory',
      `${directory}: a directory cannot lead out of the dataset. Remove the “..”.`,
    )
}

/** The dataset path of a file. `path`: including the dropped folder's own name. */
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

/** A dataset path in the service's form. */
export function nameOf(target: string) {
  const directory = directoryOf(target)
  return {
    filename: fileNameOf(target),
    directoryPath: directory === '' ? '/' : `/${directory}`,
    contentType: contentTypeOf(fileNameOf(target)),
  }
}
