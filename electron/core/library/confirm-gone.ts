import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, toUserError } from '#core/user-error.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** `unknown`: it cannot be checked now, because of permissions or a missing drive or network. */
type Presence = 'there' | 'gone' | 'unknown'

/** Only these errors say that something does not exist. */
const isAbsent = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error))

async function presenceOf(path: string): Promise<Presence> {
  try {
    const info = await lstat(path)
    if (!info.isSymbolicLink()) return 'there'
  } catch (error) {
    return isAbsent(error) ? 'gone' : 'unknown'
  }
  // A broken link still exists: the drive of its target may be missing.
  return stat(path).then(
    () => 'there',
    () => 'unknown',
  )
}

/** True if the file or one of its parent folders was deleted. */
function isDeleted(path: string, deleted: ReadonlySet<string>): boolean {
  return deleted.has(path) || (path !== '' && isDeleted(directoryOf(path), deleted))
}

/**
 * Returns which files (paths below `root`, with `/`) are really gone. An unreadable folder, and an empty root (such
 * as a mount point without its drive), say nothing about their files. `deleted`: files and folders whose deletion the
 * system's watcher saw; for these an empty root is enough. `problem`: why files were kept.
 */
export async function confirmGone(
  root: string,
  paths: readonly string[],
  deleted: ReadonlySet<string> = new Set(),
): Promise<{ gone: string[]; problem: string | null }> {
  if (paths.length === 0) return { gone: [], problem: null }
  try {
    const isEmpty = (await readdir(root)).length === 0
    if (isEmpty && !paths.every((path) => isDeleted(path, deleted)))
      return {
        gone: paths.filter((path) => isDeleted(path, deleted)),
        problem: `${root} is empty. Its images are kept as they were, in case its drive is not connected`,
      }
  } catch (error) {
    return { gone: [], problem: toUserError(error, root).message }
  }
  const folders = new Map<string, Promise<Presence>>([['', Promise.resolve('there')]])
  const folderPresence = (folder: string): Promise<Presence> => {
    const known = folders.get(folder)
    if (known) return known
    const asked = presenceBelow(folder)
    folders.set(folder, asked)
    return asked
  }
  const presenceBelow = async (path: string): Promise<Presence> => {
    const parent = await folderPresence(directoryOf(path))
    return parent === 'there' ? presenceOf(join(root, path)) : parent
  }
  const gone: string[] = []
  for (const path of paths) if ((await presenceBelow(path)) === 'gone') gone.push(path)
  const kept = paths.length - gone.length
  return { gone, problem: kept > 0 ? `${kept} images could not be looked at` : null }
}
