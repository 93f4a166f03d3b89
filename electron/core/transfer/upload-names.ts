import { extname } from 'node:path'
import type { UploadOptions } from '#shared/model/transfer.ts'
import { uploadTarget } from './upload-target.ts'

/** Number of names to try for one file. */
const MOST_NAMES = 5

/** What happens to a file: `taken` if no name is free in the end. */
export type NameFate =
  | { kind: 'send'; target: string }
  | { kind: 'skip' }
  /** `replaces`: service id of the image that has the name. */
  | { kind: 'replace'; target: string; replaces: string }
  | { kind: 'taken' }

/** Paths that a service, or a disk that it is downloaded to, cleans to the same: `x\b.png` and `x/b.png`, `./b.png` and `b.png`. */
function nameKey(path: string): string {
  const parts = path.normalize('NFC').split(/[/\\]/)
  return parts.filter((part) => part !== '' && part !== '.').join('/')
}

/** Which paths of a dataset are taken, by its images and by this upload, and what is done about it. */
export class UploadNames {
  readonly #options: Pick<UploadOptions, 'directory' | 'tree' | 'onExisting'>
  /** Service ids by exact path, because the service is case-sensitive. */
  readonly #there = new Map<string, string>()
  /** Paths of this upload and the file that takes each. */
  readonly #own = new Map<string, number>()
  /** For a path that several files want, the next number to try. Thousands may share one name. */
  readonly #next = new Map<string, number>()
  /** How often each file was renamed because the service's own name was taken. */
  readonly #renamed = new Map<number, number>()

  constructor(options: Pick<UploadOptions, 'directory' | 'tree' | 'onExisting'>) {
    this.#options = options
  }

  /** Adds an image of the dataset that is not part of this upload. */
  addThere(path: string, remoteId: string): void {
    this.#there.set(nameKey(path), remoteId)
  }

  /** Assigns the path to a file of this upload. */
  addOwn(path: string, seq: number): void {
    this.#own.set(nameKey(path), seq)
  }

  /** Returns the target of a dropped file. */
  ofFile(path: string, seq: number): NameFate & { wanted: string } {
    const wanted = uploadTarget(path, this.#options)
    return { wanted, ...this.#fateOf(wanted, seq) }
  }

  /**
   * The service changed the name to `path`, or another image took it meanwhile. Applies the same choice as for
   * dropped files; after some tries the result is `taken`.
   */
  again(path: string, seq: number): NameFate {
    const fate = this.#fateOf(path, seq)
    if (fate.kind !== 'send' || fate.target === path) return fate
    const tries = (this.#renamed.get(seq) ?? 0) + 1
    this.#renamed.set(seq, tries)
    return tries > MOST_NAMES ? { kind: 'taken' } : fate
  }

  /** Two files of one drop with the same name are always two images. */
  #fateOf(path: string, seq: number): NameFate {
    const isOwnTwice = (this.#own.get(nameKey(path)) ?? seq) !== seq
    const there = this.#there.get(nameKey(path))
    if (!isOwnTwice && there === undefined) return this.#take(path, seq)
    if (isOwnTwice || this.#options.onExisting === 'rename')
      return this.#take(this.#freeName(path), seq)
    if (this.#options.onExisting === 'skip' || there === undefined) return { kind: 'skip' }
    this.#own.set(nameKey(path), seq)
    return { kind: 'replace', target: path, replaces: there }
  }

  #take(path: string, seq: number): NameFate {
    this.#own.set(nameKey(path), seq)
    return { kind: 'send', target: path }
  }

  #freeName(path: string): string {
    const extension = extname(path)
    const stem = path.slice(0, path.length - extension.length)
    for (let number = this.#next.get(path) ?? 2; ; number++) {
      const free = `${stem} (${number})${extension}`
      if (this.#there.has(nameKey(free)) || this.#own.has(nameKey(free))) continue
      this.#next.set(path, number + 1)
      return free
    }
  }
}
