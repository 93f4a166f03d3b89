import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './user-error.ts'

/**
 * A folder with those above it; none when it is there. Not `mkdir` with `recursive`: where the system refuses with
 * ENOENT although the parent is there (`/proc/x`), Node tries for ever. Throws the system's error; ENOTDIR where a
 * file has the name.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path))
      await mkdir(path).catch((again: unknown) => {
        if (codeOf(again) !== 'EEXIST') throw again
      })
      return
    }
    const there = await stat(path).catch(() => null)
    if (there?.isDirectory()) return
    throw there ? notFolder(path) : error
  }
}

/** The same for moments that cannot wait. */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) {
      makeFolderSync(dirname(path))
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path)
      return
    }
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory()) return
    throw there ? notFolder(path) : error
  }
}

const notFolder = (path: string) =>
  Object.assign(new Error(`ENOTDIR: a file is in the way: ${path}`), { code: 'ENOTDIR' })
