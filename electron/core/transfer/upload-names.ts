import { extname } from 'node:path'
import type { UploadOptions } from '#shared/model/transfer.ts'
import { uploadTarget } from './upload-target.ts'

/** Names that are tried for one file. */
const MOST_NAMES = 5

/** What becomes of a file: `twice` when the name cannot be had in the end. */
export type NameFate =
  | { kind: 'send'; target: string }
  | { kind: 'skip' }
  /** `replaces`: the service's id of the image that has the name. */
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
  /** The service's ids by path, folded by nothing: the service tells case apart. */
  readonly #there = new Map<string, string>()
  /** Paths that this upload takes, and which of its files does. */
  readonly #own = new Map<string, number>()
  /** Of a path that several files want: the number to try next. Thousands may share one name. */
  readonly #next = new Map<string, number>()
  /** How often a file got another name because the service's own was taken. */
  readonly #renamed = new Map<number, number>()

  constructor(options: Pick<UploadOptions, 'directory' | 'tree' | 'onExisting'>) {
    this.#options = options
  }

  /** An image of the dataset that is not this upload's. */
  addThere(path: string, remoteId: string): void {
    this.#there.set(nameKey(path), remoteId)
  }

  /** A file of this upload has the path. */
  addOwn(path: string, seq: number): void {
    this.#own.set(nameKey(path), seq)
  }

  /** Where a file below what was dropped goes. */
  ofFile(path: string, seq: number): NameFate & { wanted: string } {
    const wanted = uploadTarget(path, this.#options)
    return { wanted, ...this.#fateOf(wanted, seq) }
  }

  /**
   * The service calls a file `path`, or has an image there that came in meanwhile: the same choice as when it was
   * dropped. After some tries it is `taken`.
   */
  again(path: string, seq: number): NameFate {
    const fate = this.#fateOf(path, seq)
    if (fate.kind !== 'send' || fate.target === path) return fate
    const tries = (this.#renamed.get(seq) ?? 0) + 1
    this.#renamed.set(seq, tries)
    return tries > MOST_NAMES ? { kind: 'taken' } : fate
  }

  /** Two of one drop with one name are two images, whatever is chosen. */
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
