import { opendir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './user-error.ts'

/** Pruning goes down to this share of a limit, so that it does not run again at once. */
export const ROOM = 0.9
/**
 * A file's time is written at most this often, in milliseconds. Otherwise showing a page of thumbnails would write
 * hundreds of file times.
 */
const USED_EVERY_MS = 3_600_000

interface Found {
  file: string
  size: number
  mtimeMs: number
}

/** Files that can be made again, in folders and their subfolders. The ones not used for longest go first. */
export class AgedFiles {
  readonly #folders: () => readonly string[]

  /** `folders`: absolute; they need not exist. */
  constructor(folders: () => readonly string[]) {
    this.#folders = folders
  }

  async bytes(): Promise<number> {
    return (await this.#files()).reduce((sum, { size }) => sum + size, 0)
  }

  /** Removes the oldest until the rest is within the limit, bytes; `kept` stays, and so does what cannot be removed. */
  async trim(limitBytes: number, kept: string | null = null, signal?: AbortSignal): Promise<void> {
    const files = await this.#files(signal)
    let bytes = files.reduce((sum, { size }) => sum + size, 0)
    if (bytes <= limitBytes) return
    for (const { file, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (signal?.aborted || bytes <= limitBytes * ROOM) return
      if (file === kept) continue
      const isGone = await rm(file, { force: true }).then(
        () => true,
        // Another program may have it open.
        () => false,
      )
      if (isGone) bytes -= size
    }
  }

  async clear(): Promise<void> {
    for (const folder of this.#folders()) await rm(folder, { recursive: true, force: true })
  }

  /** Incomplete after a stop. */
  async #files(signal?: AbortSignal): Promise<Found[]> {
    const found: Found[] = []
    for (const folder of this.#folders()) {
      try {
        for await (const entry of await opendir(folder, { recursive: true })) {
          if (signal?.aborted) return found
          // What is being written gets its name when it is whole.
          if (!entry.isFile() || entry.name.endsWith('.part')) continue
          const file = join(entry.parentPath, entry.name)
          const info = await stat(file).catch(() => null)
          if (info) found.push({ file, size: info.size, mtimeMs: info.mtimeMs })
        }
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
      }
    }
    return found
  }
}

/** Whether a file is there; if so, it is marked as used now. */
export async function touchFile(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => null)
  if (!info) return false
  const now = new Date()
  if (now.getTime() - info.mtimeMs > USED_EVERY_MS) await utimes(file, now, now).catch(() => {})
  return true
}
