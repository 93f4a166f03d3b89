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

/** Modes of what lies in the data folder: only its owner reads and writes it. Windows goes by the folder's own rules. */
export const PRIVATE_FILE = 0o600
export const PRIVATE_FOLDER = 0o700

const OTHERS = 0o077

/**
 * Makes an empty file that only its owner can read, if there is none, for a library that opens files by itself. Where
 * it cannot be made, the library says why.
 */
export function makePrivateFileSync(file: string): void {
  try {
    closeSync(openSync(file, 'ax', PRIVATE_FILE))
  } catch {
    // It is there, or cannot be.
  }
}

/** Writes a small file that only its owner can read, there whole or not at all, with its folder. */
export function writePrivateFileSync(file: string, content: string): void {
  makeFolderSync(dirname(file), PRIVATE_FOLDER)
  const temporary = `${file}.${process.pid}.part`
  rmSync(temporary, { force: true })
  // `wx`: a link that somebody laid there is not followed.
  writeFileSync(temporary, content, { mode: PRIVATE_FILE, flag: 'wx' })
  renameSync(temporary, file)
}

const modeOf = (isFolder: boolean) => (isFolder ? PRIVATE_FOLDER : PRIVATE_FILE)

function tightenSync(path: string): void {
  const info = lstatSync(path, { throwIfNoEntry: false })
  if (!info || !(info.isDirectory() || info.isFile()) || (info.mode & OTHERS) === 0) return
  chmodSync(path, modeOf(info.isDirectory()))
}

/** Ours: another name in the folder belongs to the person, who may have named a folder with other things in it. */
const OWN =
  /^(library\.sqlite|lock\.sqlite|secrets\.|session|logs$|renditions$|datasets$|stages$|scratch$|sample$|electron$|models$|embeddings$|command-line$|open-)/

/**
 * Closes what an earlier version, or a careless copy, left open to other users of the machine: the folder and what
 * lies in it directly at once, the rest in the background. What cannot be changed (another owner, a foreign file
 * system) stays, and is told.
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

/** Closes all that lies below a folder of ours. */
export async function tightenBelow(
  folder: string,
  trouble: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const entry of await opendir(folder)) {
      // Links are left alone: what they lead to is not ours.
      if (!entry.isFile() && !entry.isDirectory()) continue
      const path = join(folder, entry.name)
      const info = await lstat(path).catch(() => null)
      if (info && (info.mode & OTHERS) !== 0) await chmod(path, modeOf(entry.isDirectory()))
      if (entry.isDirectory()) await tightenBelow(path, trouble)
    }
  } catch (error) {
    // Removed meanwhile, or somebody else's.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) trouble(error)
  }
}
