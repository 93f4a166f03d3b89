import type { InputFile } from '#core/formats/types.ts'
import type { LabelNote } from './label-orders.ts'

/** How often the app hears that reading gets on, milliseconds. */
const NOTE_MS = 200
/** Characters of a path that are sent. */
const MOST_PATH = 1_000

/** Tells the process that watches this one which file is read, and that reading gets on. */
export class ReadingNotes {
  readonly #send: (note: LabelNote) => void
  #notedAt = 0
  #file = ''

  constructor(send: (note: LabelNote) => void) {
    this.#send = send
  }

  /** null: no other file than before. */
  note(at: string | null): void {
    this.#notedAt = performance.now()
    this.#send({ at: at === null ? null : at.slice(0, MOST_PATH) })
  }

  getOn(): void {
    if (performance.now() - this.#notedAt > NOTE_MS) this.note(null)
  }

  /** Nothing more is read. */
  end(): void {
    this.#send({ at: null, isOver: true })
  }

  /** Notes the file, for the case that reading it never ends. */
  readonly wrap = (file: InputFile): InputFile => ({
    path: file.path,
    get size() {
      return file.size
    },
    bytes: (from, to) => {
      this.#begin(file.path)
      return file.bytes(from, to)
    },
    close: () => file.close?.(),
  })

  /** Each step shows that reading gets on. */
  readonly run = <T>(steps: Generator<void, T>): T => {
    for (;;) {
      const { done, value } = steps.next()
      this.getOn()
      if (done) return value
    }
  }

  #begin(path: string): void {
    if (path === this.#file) {
      this.getOn()
      return
    }
    this.#file = path
    this.note(path)
  }
}
