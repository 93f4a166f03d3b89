import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { AgedFiles, touchFile } from '#core/aged-files.ts'
import { makeFolder } from '#core/make-folder.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'

const ENDING = '.tensors'

/** What encoders made of images, in files of a folder; those that were used longest ago go first. */
export class Embeddings {
  readonly #folder: string
  readonly #limitBytes: () => number
  readonly #files: AgedFiles

  constructor(folder: string, limitBytes: () => number) {
    this.#folder = folder
    this.#limitBytes = limitBytes
    this.#files = new AgedFiles(() => [folder])
  }

  /** Where the embedding of something is, or is to be; absolute. `parts`: all that it depends on. */
  async fileFor(parts: readonly unknown[]): Promise<{ file: string; isThere: boolean }> {
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
    const file = join(this.#folder, key.slice(0, 2), `${key}${ENDING}`)
    await makeFolder(dirname(file), PRIVATE_FOLDER)
    return { file, isThere: await touchFile(file) }
  }

  /** Removes the oldest until the rest is within the limit; `kept` stays. */
  trim(kept: string | null = null, signal?: AbortSignal): Promise<void> {
    return this.#files.trim(this.#limitBytes(), kept, signal)
  }

  bytes(): Promise<number> {
    return this.#files.bytes()
  }

  clear(): Promise<void> {
    return this.#files.clear()
  }
}
