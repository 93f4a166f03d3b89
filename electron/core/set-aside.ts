import { UserError } from './user-error.ts'
import type { Work, WorkInHand } from './work-in-hand.ts'

const WORDS: Readonly<Record<Work['kind'], (name: string) => string>> = {
  upload: (name) => `the upload to “${name}”`,
  download: (name) => `the download of “${name}”`,
  import: (name) => `the import of labels into “${name}”`,
  folder: (name) => `reading the folder “${name}”`,
  picture: (name) => `reading the picture “${name}”`,
  detection: (name) => `the detection in “${name}”`,
}
/** Works named in one message. */
const NAMED = 6

/** “the upload to “x” and 3 more”. */
export function namesOf(works: readonly Work[]): string {
  const words = works.slice(0, NAMED).map(({ kind, name }) => WORDS[kind](name))
  if (works.length > NAMED) words.push(`${works.length - NAMED} more`)
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words.join('')
}

/**
 * The work that was in hand when an earlier run crashed. It does not resume by itself, because it may be what crashed
 * the run: the user decides.
 */
export class SetAside {
  readonly #because: string
  readonly #works: Work[]

  /** `endedBecause`: how an earlier run of the app crashed; null: it did not, and nothing is set aside. */
  constructor(endedBecause: string | null, { left }: Pick<WorkInHand, 'left'>) {
    this.#because = endedBecause ?? ''
    this.#works = endedBecause === null ? [] : [...left]
  }

  /** Ids of the works of these kinds. */
  ids(...kinds: Work['kind'][]): string[] {
    return this.#works.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id)
  }

  get isAfterCrash(): boolean {
    return this.#because !== ''
  }

  /** True if of its kind this was in hand alone. */
  isOnly(kind: Work['kind'], id: string): boolean {
    const ids = this.ids(kind)
    return ids.length === 1 && ids[0] === id
  }

  /** For a picture that is left out from now on, until its file changes. */
  get pictureProblem(): string {
    return `The app’s engine ended when it read this picture (${this.#because}), so it is left out. Replace the file to have it read again.`
  }

  /** For the place where the work is shown. */
  get problem(): string {
    return `The app’s engine ended during this (${this.#because}), so it was not resumed. Resume it to try again.`
  }

  /** For the user's first window; null: there was no crash. */
  notice(): string | null {
    if (!this.isAfterCrash) return null
    const start = `The app’s engine ended (${this.#because}) and was started again. What was saved is on disk.`
    if (this.#works.length === 0) return start
    return `${start} It was busy with ${namesOf(this.#works)}, which does not continue by itself.`
  }

  /** Refuses the first try to open this again, which may be a page that reloads; the next one is the user's will. */
  refuseOnce(kind: Work['kind'], id: string, how: string): void {
    const at = this.#works.findIndex((work) => work.kind === kind && work.id === id)
    if (at < 0) return
    const [{ name }] = this.#works.splice(at, 1)
    throw new UserError(
      'set_aside',
      `The app’s engine ended (${this.#because}) during ${WORDS[kind](name)}. ${how}`,
    )
  }

  /** Refuses until the app is started anew. */
  refuse(kind: Work['kind'], id: string): void {
    const work = this.#works.find((one) => one.kind === kind && one.id === id)
    if (!work) return
    throw new UserError(
      'set_aside',
      `The app’s engine ended (${this.#because}) during ${WORDS[kind](work.name)}. Restart the app to try again, or replace the file.`,
    )
  }
}
