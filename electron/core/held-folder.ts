import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  statfsSync,
} from 'node:fs'
import { join } from 'node:path'
import { UserError } from './user-error.ts'

/** Which directory it is, whatever its path leads to later. It can be sent to threads. */
export interface FolderMark {
  device: bigint
  inode: bigint
  /** Where it really is, without links; only used where inodes are loose. */
  path: string
  /** Its file system makes up inode numbers, so the same directory may get another one. */
  hasLooseInodes: boolean
}

/** Linux: the directory of an open descriptor, as the beginning of a path. */
const OPEN_FOLDERS = '/proc/self/fd'
const hasOpenFolders = process.platform === 'linux' && existsSync(OPEN_FOLDERS)
/** Windows opens no directories as files. */
const canOpen = process.platform !== 'win32'

/**
 * Linux file systems that number a file anew when it has left the system's memory: sticks, cards and network drives.
 * The numbers of the types are from `linux/magic.h` and the drivers.
 */
const LOOSE_INODES: ReadonlySet<number> = new Set([
  0x4d44, // FAT
  0x2011bab0, // exFAT
  0x65735546, // FUSE, as for NTFS and SSH
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x517b, // SMB 1
  0x01021997, // 9P, as in virtual machines
])

/** Looks at a directory; `fd`: opened, null where directories cannot be. Throws the system's error. */
export type Look = (folder: string, fd: number | null) => FolderMark

const look: Look = (folder, fd) => {
  const { dev, ino } =
    fd === null ? lstatSync(folder, { bigint: true }) : fstatSync(fd, { bigint: true })
  if (fd === null || !hasOpenFolders)
    return { device: dev, inode: ino, path: folder, hasLooseInodes: false }
  // Of the open directory: the path may lead elsewhere by now.
  const here = `${OPEN_FOLDERS}/${fd}`
  const hasLooseInodes = LOOSE_INODES.has(statfsSync(here).type)
  return { device: dev, inode: ino, path: readlinkSync(here), hasLooseInodes }
}

/**
 * A renamed or replaced directory of a file system with loose inodes is accepted if it is at the same place of the
 * same device: nothing can be led elsewhere by it.
 */
const isSame = (a: FolderMark, b: FolderMark): boolean =>
  a.device === b.device && (a.inode === b.inode || (a.hasLooseInodes && a.path === b.path))

/** The mark of a directory. Throws the system's error. */
export function markOf(folder: string, lookAt: Look = look): FolderMark {
  const fd = canOpen ? openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY) : null
  try {
    return lookAt(folder, fd)
  } finally {
    if (fd !== null) closeSync(fd)
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
export function holdFolder(
  folder: string,
  mark: FolderMark | null,
  lookAt: Look = look,
): HeldFolder {
  const plain = { pathOf: (name: string) => join(folder, name), [Symbol.dispose]: () => {} }
  if (mark === null) return plain
  const fd = canOpen ? openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY) : null
  const close = () => {
    if (fd !== null) closeSync(fd)
  }
  try {
    if (!isSame(mark, lookAt(folder, fd)))
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
