import { lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from '#core/make-folder.ts'
import { UserError } from '#core/user-error.ts'

/**
 * A folder into which files of others are written. A link that stands in the way inside it is refused: it
 * might lead anywhere.
 */
export class SafeFolder {
  readonly root: string
  readonly #known = new Map<string, Promise<void>>()
  /** Names that were in a directory when it was first needed. */
  readonly #found = new Map<string, ReadonlySet<string>>()
  /** Of the disk that it was on when it was first needed. */
  #device: bigint | null = null

  constructor(root: string) {
    this.root = root
  }

  /** Since something was placed: with its drive it goes, or an empty folder is left in its place. */
  async hasGone(): Promise<boolean> {
    return this.#device !== null && (await deviceOf(this.root)) !== this.#device
  }

  /** The absolute path of a file below it, whose directory is there. `path`: cleaned, forward slashes. Throws a UserError. */
  async place(path: string): Promise<string> {
    await this.#prepare(dirname(path))
    return join(this.root, path)
  }

  /**
   * Whether something of this name was there before. One look at a directory instead of one at each file; only
   * what this folder was not asked to place could have come since.
   */
  wasThere(path: string): boolean {
    return this.#found.get(dirname(path))?.has(basename(path).normalize('NFC')) ?? false
  }

  #prepare(directory: string): Promise<void> {
    const known = this.#known.get(directory)
    if (known) return known
    const made = this.#make(directory)
    this.#known.set(directory, made)
    // What failed may be mended and tried again.
    made.catch(() => this.#known.delete(directory))
    return made
  }

  async #make(directory: string): Promise<void> {
    const absolute = join(this.root, directory)
    if (directory === '.') {
      await makeFolder(absolute)
      this.#device ??= await deviceOf(absolute)
    } else {
      await this.#prepare(dirname(directory))
      const there = await lstat(absolute).catch(() => null)
      if (there?.isSymbolicLink())
        throw new UserError(
          'outside',
          `${absolute} is a link to another place: nothing is written through it. Remove it, or choose another folder.`,
        )
      // Alone: if the folder has gone meanwhile it is not made anew, perhaps on another disk.
      if (!there) await mkdir(absolute)
    }
    this.#found.set(
      directory,
      new Set((await readdir(absolute)).map((name) => name.normalize('NFC'))),
    )
  }
}

const deviceOf = async (folder: string): Promise<bigint | null> =>
  (await stat(folder, { bigint: true }).catch(() => null))?.dev ?? null
