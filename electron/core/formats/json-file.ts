import { isAscii, isUtf8 } from 'node:buffer'
import { FormatError, WHOLE_FILE } from './format-error.ts'
import { parseJson } from './json-fault.ts'
import { asUtf8, MAX_TEXT_BYTES } from './text.ts'
import type { InputFile } from './types.ts'

/** Bytes that are read at a time. Tests make it small, so that everything falls on a border. */
const CHUNK_BYTES = 1 << 20

/** Elements of a list that are gone over before others get their turn. */
const ELEMENTS_A_STEP = 500

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d

/** A stretch of a JSON file, in bytes of the file. */
export interface JsonRange {
  from: number
  to: number
}

/** Walks over a JSON file value by value, holding one value at a time. */
class JsonCursor {
  readonly #file: InputFile
  readonly #chunkBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  /** Where the buffer begins in the file. */
  #base: number
  #position = 0
  /** The beginning of what has to stay in the buffer; -1: nothing. */
  #kept = -1

  constructor(file: InputFile, skip: number, chunkBytes: number) {
    this.#file = file
    this.#base = skip
    this.#chunkBytes = chunkBytes
  }

  get offset(): number {
    return this.#base + this.#position
  }

  /** Reads on; false at the end of the file. */
  #fill(): boolean {
    const from = this.#base + this.#buffer.length
    if (from >= this.#file.size) return false
    const keepFrom = this.#kept < 0 ? this.#position : this.#kept
    const rest = this.#buffer.subarray(keepFrom)
    // A long value would otherwise be copied at each chunk.
    const length = Math.max(this.#chunkBytes, rest.length)
    const next = this.#file.bytes(from, Math.min(this.#file.size, from + length))
    if (next.length === 0) return false
    this.#buffer = Buffer.concat([rest, next])
    this.#base += keepFrom
    this.#position -= keepFrom
    if (this.#kept >= 0) this.#kept = 0
    return true
  }

  /** The next byte that is no white space, without taking it; -1 at the end. Lets go of the value before. */
  peek(): number {
    this.#kept = -1
    return this.#peek()
  }

  #peek(): number {
    for (;;) {
      if (this.#position >= this.#buffer.length && !this.#fill()) return -1
      const byte = this.#buffer[this.#position]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      this.#position++
    }
  }

  take(): void {
    this.#position++
  }

  /** Goes over the next value; what is in it is only looked at as far as its end has to be found. */
  skipValue(): JsonRange {
    const first = this.peek()
    this.#kept = this.#position
    const from = this.offset
    if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#skipNested()
    else if (first === QUOTE) this.#skipString()
    else this.#skipScalar()
    return { from, to: this.offset }
  }

  /** The text of the value that `skipValue` went over last. */
  text({ from, to }: JsonRange): string {
    return textOfBytes(this.#buffer.subarray(from - this.#base, to - this.#base))
  }

  /** `peek`, with the value that was gone over last still there. */
  peekKeeping(): number {
    return this.#peek()
  }

  #skipNested(): void {
    let depth = 0
    do {
      if (this.#position >= this.#buffer.length && !this.#fill()) return
      const buffer = this.#buffer
      const end = buffer.length
      let position = this.#position
      while (position < end) {
        const byte = buffer[position]
        if (byte === QUOTE) break
        position++
        // Brackets and braces differ by one bit.
        if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++
        else if ((byte === CLOSE_BRACKET || byte === CLOSE_BRACE) && --depth === 0) break
      }
      this.#position = position
      if (depth > 0 && position < end) this.#skipString()
    } while (depth > 0)
  }

  #skipString(): void {
    this.#position++
    for (;;) {
      const quote = this.#buffer.indexOf(QUOTE, this.#position)
      if (quote < 0) {
        this.#position = this.#buffer.length
        if (!this.#fill()) return
        // An escape may lie on the border.
        while (
          this.#position > Math.max(0, this.#kept) &&
          this.#buffer[this.#position - 1] === BACKSLASH
        )
          this.#position--
        continue
      }
      let slashes = 0
      while (this.#buffer[quote - 1 - slashes] === BACKSLASH) slashes++
      this.#position = quote + 1
      if (slashes % 2 === 0) return
    }
  }

  #skipScalar(): void {
    for (;;) {
      if (this.#position >= this.#buffer.length && !this.#fill()) return
      const byte = this.#buffer[this.#position]
      if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE) return
      if (byte === COLON || byte === QUOTE) return
      this.#position++
    }
  }
}

function textOfBytes(bytes: Buffer): string {
  if (bytes.length > MAX_TEXT_BYTES)
    throw new FormatError(
      WHOLE_FILE,
      `has a single value of more than ${Math.round(MAX_TEXT_BYTES / 1e6)} MB, which is no label`,
    )
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (!isUtf8(bytes)) throw new FormatError(WHOLE_FILE, 'is not UTF-8. Save it as UTF-8')
  return bytes.toString('utf8')
}

/** Receives the values of `scanJson`. The key is '' if the whole file is a list or a single value. */
export interface JsonVisitor {
  /** Whether a list is passed element by element. */
  isList(key: string): boolean
  /** An element of such a list. `text` gives its JSON, until the next call. */
  element(key: string, index: number, range: JsonRange, text: () => string): void
  /** Any other value. `parse` throws a FormatError with the place; `text` gives its JSON, until the next call. */
  value(key: string, parse: () => unknown, range: JsonRange, text: () => string): void
}

/** Where the last line was asked for: faults come in the order of the file, and counting goes on from there. */
const asked = new WeakMap<InputFile, { offset: number; line: number }>()

/** Line, from 1, of a byte of a file. */
export function lineAt(file: InputFile, offset: number): number {
  const last = asked.get(file)
  const [start, first] = last && last.offset <= offset ? [last.offset, last.line] : [0, 1]
  let line = first
  for (let from = start; from < offset; from += CHUNK_BYTES) {
    const bytes = file.bytes(from, Math.min(offset, from + CHUNK_BYTES))
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) line++
  }
  asked.set(file, { offset, line })
  return line
}

/**
 * Goes through a JSON file of any size, step by step, with one value of its top level in memory at a time. Throws a FormatError with the
 * line where the file is no JSON. The content of a value is only checked when it is parsed.
 */
export function* scanJson(
  file: InputFile,
  visitor: JsonVisitor,
  chunkBytes = CHUNK_BYTES,
): Generator<void, void> {
  const utf8 = asUtf8(file)
  const cursor = new JsonCursor(utf8.file, utf8.skip, chunkBytes)
  const broken = (what: string): FormatError =>
    new FormatError(
      WHOLE_FILE,
      cursor.peek() < 0
        ? `ends in line ${lineAt(utf8.file, utf8.file.size)} in the middle of ${what}: it is cut off. Copy or export it again`
        : `is not JSON: line ${lineAt(utf8.file, cursor.offset)} has “${String.fromCharCode(cursor.peek())}” in the middle of ${what}`,
    )
  const told = (key: string) => {
    const range = cursor.skipValue()
    if (range.to === range.from) throw broken(key || 'the file')
    visitor.value(
      key,
      () => parseJson(cursor.text(range), key, () => lineAt(utf8.file, range.from)),
      range,
      () => cursor.text(range),
    )
  }
  function* list(key: string): Generator<void, void> {
    cursor.take()
    if (cursor.peek() === CLOSE_BRACKET) return cursor.take()
    for (let index = 0; ; index++) {
      const range = cursor.skipValue()
      if (range.to === range.from) throw broken(`${key}[${index}]`)
      // A truncated element is not passed on.
      const next = cursor.peekKeeping()
      if (next !== COMMA && next !== CLOSE_BRACKET) throw broken(`${key}[${index}]`)
      visitor.element(key, index, range, () => cursor.text(range))
      cursor.take()
      if (next === CLOSE_BRACKET) return
      if (index % ELEMENTS_A_STEP === 0) yield
    }
  }
  function* object(): Generator<void, void> {
    cursor.take()
    if (cursor.peek() === CLOSE_BRACE) return cursor.take()
    for (;;) {
      if (cursor.peek() !== QUOTE) throw broken('the file')
      const name = cursor.skipValue()
      const key = String(parseJson(cursor.text(name), '', () => lineAt(utf8.file, name.from)))
      if (cursor.peek() !== COLON) throw broken(key)
      cursor.take()
      if (cursor.peek() === OPEN_BRACKET && visitor.isList(key)) yield* list(key)
      else told(key)
      const next = cursor.peek()
      if (next !== COMMA && next !== CLOSE_BRACE) throw broken(key)
      cursor.take()
      if (next === CLOSE_BRACE) return
    }
  }
  const first = cursor.peek()
  if (first < 0) throw new FormatError(WHOLE_FILE, 'is empty')
  if (first === OPEN_BRACE) yield* object()
  else if (first === OPEN_BRACKET && visitor.isList('')) yield* list('')
  else told('')
  if (cursor.peek() >= 0)
    throw new FormatError(WHOLE_FILE, 'is not JSON: it has more after its end')
}
