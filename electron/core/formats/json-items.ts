import type { ImportFailure } from '#shared/model/format.ts'
import { FormatError, failureOf } from './format-error.ts'
import { parseJson } from './json-fault.ts'
import { lineAt, scanJson } from './json-file.ts'
import { asUtf8, textOf } from './text.ts'
import type { InputFile } from './types.ts'

/** An element of a list in a file. */
export interface JsonItem {
  value: unknown
  /** Where it stands, for messages: `[3]` or `line 4`. */
  field: string
  /** Reads it again, so that it need not be held. */
  again: () => unknown
}

/** Bytes that are read at a time. */
const CHUNK_BYTES = 1 << 20

const LINES = /\.(?:jsonl|ndjson)$/i

/**
 * Goes through the elements of a JSON list, or the lines of a file of JSON lines, of any size, step by step. A single object
 * is a list of one. Faults of single lines go to `fail`; throws a FormatError where the file is no JSON.
 */
export function* eachJsonItem(
  file: InputFile,
  visit: (item: JsonItem) => void,
  fail: (failure: ImportFailure) => void,
  chunkBytes = CHUNK_BYTES,
): Generator<void> {
  if (LINES.test(file.path)) return yield* eachLine(file, visit, fail, chunkBytes)
  const utf8 = asUtf8(file).file
  if (isObject(file)) {
    visit({
      value: parseJson(textOf(file), ''),
      field: '',
      again: () => parseJson(textOf(file), ''),
    })
    return
  }
  yield* scanJson(file, {
    isList: (key) => key === '',
    element(_key, index, range, text) {
      const field = `[${index}]`
      const parse = (json: string) => parseJson(json, field, () => lineAt(utf8, range.from))
      const again = () => parse(Buffer.from(utf8.bytes(range.from, range.to)).toString('utf8'))
      visit({ value: parse(text()), field, again })
    },
    value(_key, parse) {
      const value = parse()
      visit({ value, field: '', again: () => value })
    },
  })
}

/** Whether a file's first sign begins an object. */
function isObject(file: InputFile): boolean {
  const { file: utf8, skip } = asUtf8(file)
  const head = Buffer.from(utf8.bytes(skip, Math.min(utf8.size, skip + 4096))).toString('utf8')
  return head.trimStart().startsWith('{')
}

function* eachLine(
  file: InputFile,
  visit: (item: JsonItem) => void,
  fail: (failure: ImportFailure) => void,
  chunkBytes: number,
): Generator<void> {
  const { file: utf8, skip } = asUtf8(file)
  let line = 1
  let rest: Uint8Array = new Uint8Array()
  let restFrom = skip
  const tell = (bytes: Uint8Array, from: number) => {
    const field = `line ${line}`
    const parse = (part: Uint8Array) => {
      const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('utf8')
      return parseJson(text, field, () => 1)
    }
    try {
      if (bytes.every((byte) => byte <= 0x20)) return
      const to = from + bytes.length
      visit({ value: parse(bytes), field, again: () => parse(utf8.bytes(from, to)) })
    } catch (error) {
      const message = error instanceof FormatError ? error : new FormatError('', String(error))
      fail({ ...failureOf(file.path, message), field })
    }
  }
  for (let from = skip; from < utf8.size; from += chunkBytes) {
    yield
    const next = utf8.bytes(from, Math.min(utf8.size, from + chunkBytes))
    const bytes = rest.length === 0 ? next : Buffer.concat([rest, next])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      tell(bytes.subarray(start, end), restFrom + start)
      line++
      start = end + 1
    }
    // A copy: the file's parts hold only until the next is asked for.
    rest = Uint8Array.from(bytes.subarray(start))
    restFrom += start
  }
  if (rest.length > 0) tell(rest, restFrom)
}
