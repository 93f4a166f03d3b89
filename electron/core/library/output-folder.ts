import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import type { OutputPiece } from '#core/formats/types.ts'
import { makeFolder } from '#core/make-folder.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'

/** Collect this many characters of a file before writing. */
const GATHERED = 1 << 18

/** The usual disks of these systems tell names apart by more than case. */
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin'

/** `path` below `folder`; refuses what would leave it. */
export function below(folder: string, path: string): string {
  const target = join(folder, path)
  const way = relative(folder, target)
  if (way === '' || way.startsWith('..'))
    throw new UserError('outside', `"${path}" would be written outside ${folder}.`)
  return target
}

/** A file that is written in pieces and appears when it is complete. */
interface Growing {
  target: string
  temporary: string
  handle: FileHandle
  waiting: (string | Uint8Array)[]
  length: number
}

/** Writes files whole or in pieces. Incomplete files are deleted when it is disposed. */
export class OutputFolder implements AsyncDisposable {
  readonly #folder: string
  readonly #growing = new Map<string, Growing>()
  /** Files of this export, as the disk tells them apart. */
  readonly #claimed = new Set<string>()
  #files = 0

  /** `folder`: absolute. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Number of completed files. */
  get files(): number {
    return this.#files
  }

  /**
   * The absolute path of a file of this export. Throws a UserError where another file of it has that place, which would
   * be lost without a word.
   */
  claim(path: string): string {
    const target = below(this.#folder, path)
    const key = IGNORES_CASE ? target.normalize('NFC').toLowerCase() : target
    if (this.#claimed.has(key))
      throw new UserError(
        'twice',
        `Two files of this export would be “${path}”. Rename one of the images, or export without the images.`,
      )
    this.#claimed.add(key)
    return target
  }

  /** Throws a UserError that names the file. */
  async write({ path, content, more }: OutputPiece): Promise<void> {
    const there = this.#growing.get(path)
    const target = there?.target ?? this.claim(path)
    try {
      if (!more && !there) {
        await writeFileAtomic(target, content)
        this.#files++
        return
      }
      const file = there ?? (await this.#begin(path, target))
      file.waiting.push(content)
      file.length += content.length
      if (file.length > GATHERED || !more) await flush(file)
      if (!more) await this.#finish(path, file)
    } catch (error) {
      throw toUserError(error, target)
    }
  }

  async #begin(path: string, target: string): Promise<Growing> {
    await makeFolder(dirname(target))
    const name = `.${basename(target).slice(0, 100)}.${newId().slice(0, 8)}.part`
    const temporary = join(dirname(target), name)
    const handle = await open(temporary, 'wx')
    const file: Growing = { target, temporary, handle, waiting: [], length: 0 }
    this.#growing.set(path, file)
    return file
  }

  async #finish(path: string, file: Growing): Promise<void> {
    await file.handle.sync()
    await file.handle.close()
    await rename(file.temporary, file.target)
    this.#growing.delete(path)
    this.#files++
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle, temporary } of this.#growing.values()) {
      await handle.close().catch(() => {})
      await rm(temporary, { force: true })
    }
    this.#growing.clear()
  }
}

async function flush(file: Growing): Promise<void> {
  const all = file.waiting.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))
  file.waiting = []
  file.length = 0
  await file.handle.appendFile(Buffer.concat(all))
}
