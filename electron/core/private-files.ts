import {
  chmodSync,
  closeSync,
  type Dirent,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { chmod, lstat, opendir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolderSync } from './make-folder.ts'

/** Modes in the data folder: only its owner reads and writes. On Windows the folder's permissions apply. */
export const PRIVATE_FILE = 0o600
export const PRIVATE_FOLDER = 0o700

const OTHERS = 0o077

/**
 * Creates an empty file that only its owner can read, if it does not exist, for a library that opens files itself. If
 * that fails, the library reports why.
 */
export function makePrivateFileSync(file: string): void {
  try {
    closeSync(openSync(file, 'ax', PRIVATE_FILE))
  } catch {
    // It exists, or cannot be created.
  }
}

/** Writes a small file and its folder, readable only by the owner, completely or not at all. */
export function writePrivateFileSync(file: string, content: string): void {
  makeFolderSync(dirname(file), PRIVATE_FOLDER)
  const temporary = `${file}.${process.pid}.part`
  rmSync(temporary, { force: true })
  // `wx`: does not follow a link that somebody placed there.
  writeFileSync(temporary, content, { mode: PRIVATE_FILE, flag: 'wx' })
  renameSync(temporary, file)
}

const modeOf = (isFolder: boolean) => (isFolder ? PRIVATE_FOLDER : PRIVATE_FILE)

function tightenSync(path: string): void {
  const info = lstatSync(path, { throwIfNoEntry: false })
  if (!info || !(info.isDirectory() || info.isFile()) || (info.mode & OTHERS) === 0) return
  chmodSync(path, modeOf(info.isDirectory()))
}

/** File names of this app. Other files belong to the user, who may have chosen a folder with other contents. */
const OWN =
  /^(library\.sqlite|lock\.sqlite|secrets\.|session|logs$|renditions$|datasets$|stages$|scratch$|sample$|electron$|models$|embeddings$|command-line$|open-|work-in-hand$)/

/**
 * Removes other users' access that an earlier version or a careless copy left: for the folder and its direct contents
 * at once, for the rest in the background. What cannot be changed (another owner, another file system) stays and is
 * reported.
 */
export function closeToOthers(dataDir: string, trouble: (error: unknown) => void): void {
  if (process.platform === 'win32') return
  const attempt = (path: string) => {
    try {
      tightenSync(path)
    } catch (error) {
      trouble(error)
    }
  }
  if (!existsSync(dataDir)) return
  attempt(dataDir)
  let entries: Dirent[] = []
  try {
    entries = readdirSync(dataDir, { withFileTypes: true }).filter(({ name }) => OWN.test(name))
  } catch (error) {
    trouble(error)
  }
  for (const { name } of entries) attempt(join(dataDir, name))
  const folders = entries.filter((entry) => entry.isDirectory())
  const below = async () => {
    for (const { name } of folders) await tightenBelow(join(dataDir, name), trouble)
  }
  below().catch(trouble)
}

/** Removes other users' access to everything in a folder of ours. */
export async function tightenBelow(
  folder: string,
  trouble: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const entry of await opendir(folder)) {
      // Ignore links, because their targets are not ours.
      if (!entry.isFile() && !entry.isDirectory()) continue
      const path = join(folder, entry.name)
      const info = await lstat(path).catch(() => null)
      if (info && (info.mode & OTHERS) !== 0) await chmod(path, modeOf(entry.isDirectory()))
      if (entry.isDirectory()) await tightenBelow(path, trouble)
    }
  } catch (error) {
    // It was removed meanwhile, or belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) trouble(error)
  }
}
