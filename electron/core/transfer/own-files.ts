import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { UserError } from '#core/user-error.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import type { DownloadOptions } from '#shared/model/transfer.ts'
import type { JobContext } from './job.ts'
import type { SafeFolder } from './safe-folder.ts'

/** What a downloaded file holds; its stamp is the service's version if known. */
export interface Written {
  remoteId: string
  stamp: string
}

function marked(path: string, mark: string): string {
  const name = fileNameOf(path)
  const dot = name.lastIndexOf('.')
  const stem = dot > 0 ? name.slice(0, dot) : name
  const end = dot > 0 ? name.slice(dot) : ''
  return joinPath(directoryOf(path), `${stem} ${mark}${end}`)
}

/** For `a/photo.jpg`: `a/photo (service).jpg`, then `a/photo (service 2).jpg`. */
const besideName = (path: string, number: number): string =>
  marked(path, number === 1 ? '(service)' : `(service ${number})`)

/** Applies the same mark to another path of the image. `beside`: the path from `placeFor`. */
export function markedAs(path: string, beside: string): string {
  const mark = /\(service(?: \d+)?\)(?=(\.[^.]*)?$)/.exec(beside)?.[0]
  return mark === undefined ? path : marked(path, mark)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Compares two files by absolute path. Something that is not a file has no content. */
export async function isSameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((file) => lstat(file).catch(() => null)))
  if (!a?.isFile() || !b?.isFile() || a.size !== b.size) return false
  return (await hashOf(one)) === (await hashOf(other))
}

/**
 * A download may overwrite only files that a download wrote and nobody has changed since. All other files belong to
 * the user and stay, unless the user chose otherwise.
 */
export class OwnFiles {
  readonly #context: JobContext
  readonly #folder: SafeFolder
  readonly #onChanged: DownloadOptions['onChanged']
  /** Paths that this download writes to. */
  #taken: Set<string> | null = null

  constructor(
    context: JobContext,
    folder: SafeFolder,
    { onChanged }: Pick<DownloadOptions, 'onChanged'>,
  ) {
    this.#context = context
    this.#folder = folder
    this.#onChanged = onChanged
  }

  /**
   * Returns the path for a file that belongs at `path`, both relative to the folder: the same, or one beside a file
   * of the user. Throws a UserError if such files are to be skipped.
   */
  async placeFor(path: string): Promise<string> {
    if (this.#onChanged === 'replace' || (await this.isFree(path))) return path
    if (this.#onChanged === 'skip')
      throw new UserError(
        'not_ours',
        `“${path}” is already in the folder and was not written by a download of this app, or has changed since. It was kept. Move it away, or choose to keep both or to replace it.`,
      )
    for (let number = 1; ; number++) {
      const beside = besideName(path, number)
      if (!this.#isPlanned(beside) && (await this.isFree(beside))) return beside
    }
  }

  /** True if nothing is there, or only an unchanged downloaded file. */
  async isFree(path: string): Promise<boolean> {
    const file = await this.#folder.place(path)
    const there = await lstat(file).catch(() => null)
    if (!there) return true
    const known = this.#context.transfers.downloaded(file)
    return (
      there.isFile() &&
      known !== null &&
      known.sizeBytes === there.size &&
      known.modifiedAtMs === there.mtimeMs
    )
  }

  /** Records the file as the download left it. */
  async keep(path: string, written: Written): Promise<void> {
    const file = await this.#folder.place(path)
    const { size, mtimeMs } = await lstat(file)
    this.#context.keep({ file, ...written, sizeBytes: size, modifiedAtMs: mtimeMs })
  }

  /** True if another file of this download goes there. */
  #isPlanned(path: string): boolean {
    const { transfers, transfer } = this.#context
    if (!this.#taken) {
      this.#taken = new Set()
      for (const { target } of transfers.each(transfer.id, null)) this.#taken.add(target)
    }
    return this.#taken.has(path)
  }
}
