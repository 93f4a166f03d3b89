import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from './user-error.ts'

/** Which directory it is, whatever its path leads to later. It can be sent to threads. */
export interface FolderMark {
  device: bigint
  inode: bigint
}

/** Linux: the directory of an open descriptor, as the beginning of a path. */
const OPEN_FOLDERS = '/proc/self/fd'
const hasOpenFolders = process.platform === 'linux' && existsSync(OPEN_FOLDERS)
/** Windows opens no directories as files. */
const canOpen = process.platform !== 'win32'

const markIn = ({ dev, ino }: { dev: bigint; ino: bigint }): FolderMark => ({
  device: dev,
  inode: ino,
})

/** The mark of a directory. Throws the system's error. */
export function markOf(folder: string): FolderMark {
  if (!canOpen) return markIn(lstatSync(folder, { bigint: true }))
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    return markIn(fstatSync(fd, { bigint: true }))
  } finally {
    closeSync(fd)
  }
}

export interface HeldFolder extends Disposable {
  /** A path of a file in it, for as long as it is held. */
  pathOf(name: string): string
}

/**
 * Opens a directory and compares it with its mark, so that files are not written to where a link, put in its place
 * meanwhile, leads. On Linux, paths start from the open directory, so nothing can come in between; on other systems
 * only the moment between the comparison and the use remains. Throws a UserError if it is another directory, and the
 * system's error if it is gone. `mark` null: not compared.
 */
export function holdFolder(folder: string, mark: FolderMark | null): HeldFolder {
  const plain = { pathOf: (name: string) => join(folder, name), [Symbol.dispose]: () => {} }
  if (mark === null) return plain
  const fd = canOpen ? openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY) : null
  const close = () => {
    if (fd !== null) closeSync(fd)
  }
  try {
    const found =
      fd === null ? lstatSync(folder, { bigint: true }) : fstatSync(fd, { bigint: true })
    if (found.dev !== mark.device || found.ino !== mark.inode)
      throw new UserError(
        'outside',
        `${folder} was replaced by another folder or a link meanwhile, so nothing was written there. Put it back, or choose another folder.`,
      )
    if (fd !== null && hasOpenFolders)
      return { pathOf: (name) => `${OPEN_FOLDERS}/${fd}/${name}`, [Symbol.dispose]: close }
  } catch (error) {
    close()
    throw error
  }
  close()
  return plain
}
