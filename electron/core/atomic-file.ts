import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from '#core/make-folder.ts'
import { newId } from '#shared/model/annotation.ts'

/**
 * Writes a file so that it is there whole or not at all: a hidden name first, flushed, then renamed. Makes its folder
 * when there is none. `mode`: who may read it. Throws the system's error; nothing is left behind then.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode?: number,
): Promise<void> {
  await makeFolder(dirname(path))
  await replaceFile(path, content, mode)
}

/** A link in the way is not followed, where the system has a flag for that. */
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)

/**
 * The same in a folder that has to be there. `temporary`: absolute; who gives one that is the same each time leaves
 * nothing behind for good where the app ends in the middle.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode?: number,
  temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${newId().slice(0, 8)}.part`),
): Promise<void> {
  try {
    {
      await using handle = await open(temporary, NEW_FILE, mode)
      await handle.writeFile(content)
      await handle.sync()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
