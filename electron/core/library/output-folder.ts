import { copyFile, type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import { replaceFile } from '#core/atomic-file.ts'
import type { OutputPiece } from '#core/formats/types.ts'
import { SafeFolder } from '#core/transfer/safe-folder.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import { temporaryName } from './begun-exports.ts'

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
  /** Below the folder, forward slashes. */
  place: string
  temporary: string
  handle: FileHandle
  waiting: (string | Uint8Array)[]
  length: number
}

/** Writes files whole or in pieces. Incomplete files are deleted when it is disposed. */
export class OutputFolder implements AsyncDisposable {
  readonly #folder: SafeFolder
  readonly #mark: string
  readonly #growing = new Map<string, Growing>()
  /** Files of this export, as the disk tells them apart. */
  readonly #claimed = new Set<string>()
  #files = 0

  /** `folder`: absolute. `mark`: stands in the names of temporary files. */
  constructor(folder: string, mark = newId().slice(0, 8)) {
    this.#mark = mark
    this.#folder = new SafeFolder(folder)
  }

  /** Number of completed files. */
  get files(): number {
    return this.#files
  }

  /**
   * The path of a file of this export below its folder, with forward slashes. Throws a UserError where another file of it has that place, which would
   * be lost without a word.
   */
  claim(path: string): string {
    const { root } = this.#folder
    const place = relative(root, below(root, path)).split(sep).join('/')
    const key = IGNORES_CASE ? place.normalize('NFC').toLowerCase() : place
    if (this.#claimed.has(key))
      throw new UserError(
        'twice',
        `Two files of this export would be “${path}”. Rename one of the images, or export without the images.`,
      )
    this.#claimed.add(key)
    return place
  }

  /**
   * Copies a file to a claimed place completely or not at all; links it if requested and possible. Throws a UserError
   * that names the file.
   */
  async copy(from: string, place: string, mode: 'copy' | 'link'): Promise<void> {
    const target = join(this.#folder.root, place)
    if (resolve(from) === target) return
    try {
      await this.#folder.place(place)
      using held = this.#folder.hold(place)
      const temporary = held.pathOf(temporaryName(basename(place), this.#mark))
      try {
        if (mode === 'link') await link(from, temporary).catch(() => copyFile(from, temporary))
        else await copyFile(from, temporary)
        await rename(temporary, held.pathOf(basename(place)))
      } finally {
        // Renaming a hard link onto the same file keeps both names.
        await rm(temporary, { force: true })
      }
    } catch (error) {
      throw toUserError(error, target)
    }
  }

  /** Throws a UserError that names the file. */
  async write({ path, content, more }: OutputPiece): Promise<void> {
    const there = this.#growing.get(path)
    const place = there?.place ?? this.claim(path)
    try {
      if (!more && !there) {
        await this.#folder.place(place)
        using held = this.#folder.hold(place)
        const target = held.pathOf(basename(place))
        await replaceFile(
          target,
          content,
          undefined,
          held.pathOf(temporaryName(basename(place), this.#mark)),
        )
        this.#files++
        return
      }
      const file = there ?? (await this.#begin(path, place))
      file.waiting.push(content)
      file.length += content.length
      if (file.length > GATHERED || !more) await flush(file)
      if (!more) await this.#finish(path, file)
    } catch (error) {
      throw toUserError(error, join(this.#folder.root, place))
    }
  }

  async #begin(path: string, place: string): Promise<Growing> {
    await this.#folder.place(place)
    using held = this.#folder.hold(place)
    const temporary = temporaryName(basename(place), this.#mark)
    const handle = await open(held.pathOf(temporary), 'wx')
    const file: Growing = { place, temporary, handle, waiting: [], length: 0 }
    this.#growing.set(path, file)
    return file
  }

  async #finish(path: string, file: Growing): Promise<void> {
    await file.handle.sync()
    await file.handle.close()
    using held = this.#folder.hold(file.place)
    await rename(held.pathOf(file.temporary), held.pathOf(basename(file.place)))
    this.#growing.delete(path)
    this.#files++
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle, place, temporary } of this.#growing.values()) {
      await handle.close().catch(() => {})
      try {
        using held = this.#folder.hold(place)
        await rm(held.pathOf(temporary), { force: true })
      } catch {
        // The folder is gone, or another one is in its place.
      }
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
