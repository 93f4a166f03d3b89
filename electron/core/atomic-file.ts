import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from '#core/make-folder.ts'
import { newId } from '#shared/model/annotation.ts'

/**
 * Writes a file completely or not at all: to a hidden name first, flushed, then renamed. Creates its folder if
 * needed. `mode`: file permissions. Throws the system's error and leaves nothing behind.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode?: number,
): Promise<void> {
  await makeFolder(dirname(path))
  await replaceFile(path, content, mode)
}

/** Does not follow a link in the way, on systems that have a flag for that. */
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)

/**
 * The same in an existing folder. `temporary`: absolute. If it is the same each time, a crash in the middle leaves no
 * extra file for good.
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
