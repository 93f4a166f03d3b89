import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '#core/user-error.ts'

/**
 * A folder into which files of others are written. A link that stands in the way inside it is refused: it
 * might lead anywhere.
 */
export class SafeFolder {
  readonly root: string
  readonly #known = new Map<string, Promise<void>>()

  constructor(root: string) {
    this.root = root
  }

  /** The absolute path of a file below it, whose directory is there. `path`: cleaned, forward slashes. Throws a UserError. */
  async place(path: string): Promise<string> {
    await this.#prepare(dirname(path))
    return join(this.root, path)
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
    if (directory === '.') {
      await mkdir(this.root, { recursive: true })
      return
    }
    await this.#prepare(dirname(directory))
    const absolute = join(this.root, directory)
    const there = await lstat(absolute).catch(() => null)
    if (there?.isSymbolicLink())
      throw new UserError(
        'outside',
        `${absolute} is a link to another place: nothing is written through it. Remove it, or choose another folder.`,
      )
    if (!there) await mkdir(absolute, { recursive: true })
  }
}
