import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './user-error.ts'

/**
 * Creates a folder and its parents; does nothing if it exists. It avoids recursive `mkdir`, because Node retries
 * forever if the system reports ENOENT although the parent exists (`/proc/x`). Throws the system's error; ENOTDIR if
 * a file has the name. `mode`: of each created folder; default: the system's.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path), mode)
      await mkdir(path, { mode }).catch((again: unknown) => {
        if (codeOf(again) !== 'EEXIST') throw again
      })
      return
    }
    const there = await stat(path).catch(() => null)
    if (there?.isDirectory()) return
    throw there ? notFolder(path) : error
  }
}

/** The synchronous version. */
export function makeFolderSync(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) {
      makeFolderSync(dirname(path), mode)
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path, { mode })
      return
    }
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory()) return
    throw there ? notFolder(path) : error
  }
}

const notFolder = (path: string) =>
  Object.assign(new Error(`ENOTDIR: a file is in the way: ${path}`), { code: 'ENOTDIR' })
