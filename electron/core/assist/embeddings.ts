import { createHash } from 'node:crypto'
import { opendir, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '#core/make-folder.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'
import { codeOf } from '#core/user-error.ts'

const ENDING = '.tensors'
/** A folder that is too large is made smaller than its limit, to this share of it. */
const ROOM = 0.9

/** What encoders made of images, in files of a folder; those that were used longest ago go first. */
export class Embeddings {
  readonly #folder: string
  readonly #limitBytes: () => number

  constructor(folder: string, limitBytes: () => number) {
    this.#folder = folder
    this.#limitBytes = limitBytes
  }

  /** Where the embedding of something is, or is to be; absolute. `parts`: all that it depends on. */
  async fileFor(parts: readonly unknown[]): Promise<{ file: string; isThere: boolean }> {
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
    const file = join(this.#folder, key.slice(0, 2), `${key}${ENDING}`)
    await makeFolder(dirname(file), PRIVATE_FOLDER)
    const isThere = (await stat(file).catch(() => null)) !== null
    // Its time says when it was used last.
    if (isThere) await utimes(file, new Date(), new Date()).catch(() => {})
    return { file, isThere }
  }

  /** Removes the oldest until the rest is within the limit; `kept` stays. */
  async trim(kept: string): Promise<void> {
    const files = await this.#files()
    let bytes = files.reduce((sum, { size }) => sum + size, 0)
    const limit = this.#limitBytes()
    if (bytes <= limit) return
    for (const { file, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= limit * ROOM) return
      if (file === kept) continue
      await rm(file, { force: true })
      bytes -= size
    }
  }

  async bytes(): Promise<number> {
    return (await this.#files()).reduce((sum, { size }) => sum + size, 0)
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #files(): Promise<{ file: string; size: number; mtimeMs: number }[]> {
    const found: { file: string; size: number; mtimeMs: number }[] = []
    try {
      for await (const entry of await opendir(this.#folder, { recursive: true })) {
        if (!entry.isFile()) continue
        const file = join(entry.parentPath, entry.name)
        const info = await stat(file).catch(() => null)
        if (info) found.push({ file, size: info.size, mtimeMs: info.mtimeMs })
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
    return found
  }
}
