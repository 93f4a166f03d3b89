import { lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type FolderMark, type HeldFolder, holdFolder, markOf } from '#core/held-folder.ts'
import { makeFolder } from '#core/make-folder.ts'
import { UserError } from '#core/user-error.ts'

/** No system has longer paths; each directory of one takes time. */
const MOST_PATH_BYTES = 4_096

/** A folder for downloaded files. A link inside it is refused, because it may lead anywhere. */
export class SafeFolder {
  readonly root: string
  readonly #known = new Map<string, Promise<void>>()
  readonly #marks = new Map<string, FolderMark>()
  /** Names in a directory when it was first used. */
  readonly #found = new Map<string, ReadonlySet<string>>()
  /** The folder's device id when it was first used. */
  #device: bigint | null = null

  constructor(root: string) {
    this.root = root
  }

  /**
   * True if the folder vanished after something was placed: its drive was removed, perhaps leaving an empty mount
   * point.
   */
  async hasGone(): Promise<boolean> {
    return this.#device !== null && (await deviceOf(this.root)) !== this.#device
  }

  /**
   * Returns the absolute path for a file, and creates its directory. `path`: cleaned, with forward slashes. Throws a
   * UserError.
   */
  async place(path: string): Promise<string> {
    if (Buffer.byteLength(path) > MOST_PATH_BYTES)
      throw new UserError(
        'name_too_long',
        `“${path.slice(0, 100)}…” is too long for any disk (${path.length} characters). Rename it.`,
      )
    await this.#prepare(dirname(path))
    return join(this.root, path)
  }

  /** Which directory a placed file goes to, for who writes it. */
  markFor(path: string): FolderMark {
    const mark = this.#marks.get(dirname(path))
    if (!mark) throw new Error(`${path} has not been placed`)
    return mark
  }

  /** The directory of a placed file, to write there. Throws a UserError if it was replaced meanwhile. */
  hold(path: string): HeldFolder {
    return holdFolder(join(this.root, dirname(path)), this.markFor(path))
  }

  /**
   * True if this name existed before. One directory listing replaces a check per file; only files that this object
   * did not place may have appeared since.
   */
  wasThere(path: string): boolean {
    return this.#found.get(dirname(path))?.has(basename(path).normalize('NFC')) ?? false
  }

  #prepare(directory: string): Promise<void> {
    const known = this.#known.get(directory)
    if (known) return known
    const made = this.#make(directory)
    this.#known.set(directory, made)
    // A failure may be fixed and retried.
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
          `${absolute} is a link to another place, so nothing was written. Remove the link, or choose another folder.`,
        )
      // Not recursive: a vanished folder must not be recreated, perhaps on another disk.
      if (!there) await mkdir(absolute)
    }
    // Before it is listed: what is found belongs to this directory.
    this.#marks.set(directory, markOf(absolute))
    this.#found.set(
      directory,
      new Set((await readdir(absolute)).map((name) => name.normalize('NFC'))),
    )
  }
}

const deviceOf = async (folder: string): Promise<bigint | null> =>
  (await stat(folder, { bigint: true }).catch(() => null))?.dev ?? null
