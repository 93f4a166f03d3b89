import { constants, isUtf8 } from 'node:buffer'
import { FormatError, WHOLE_FILE } from './format-error.ts'
import { LIMITS } from './limits.ts'
import type { InputFile } from './types.ts'

/** V8 holds no longer text; what is larger is read in parts (json-file.ts). */
export const MAX_TEXT_BYTES = Math.min(constants.MAX_STRING_LENGTH, LIMITS.wholeFileBytes)

const MARKS: [encoding: string, bytes: number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-32', [0xff, 0xfe, 0, 0]],
  ['utf-32', [0, 0, 0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** The encoding that a byte order mark tells; else the one that zeros beside the first characters tell; else null. */
function markedEncoding(head: Uint8Array): { encoding: string; skip: number } | null {
  for (const [encoding, mark] of MARKS)
    if (mark.every((byte, index) => head[index] === byte)) return { encoding, skip: mark.length }
  if (head.length < 4) return null
  const [a, b, c, d] = head
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return { encoding: 'utf-16le', skip: 0 }
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return { encoding: 'utf-16be', skip: 0 }
  return null
}

/** The encoding that an XML declaration names (XML 1.0, 4.3.3). */
function declaredEncoding(head: Uint8Array): string | null {
  const text = Buffer.from(head.subarray(0, 400)).toString('latin1')
  return /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(text)?.[1] ?? null
}

/** Where bytes stop being UTF-8: the line, from 1, and the byte. */
function badByte(bytes: Uint8Array): { line: number; byte: number } {
  let line = 1
  let from = 0
  while (from < bytes.length) {
    const next = bytes.indexOf(10, from)
    const to = next < 0 ? bytes.length : next + 1
    const part = bytes.subarray(from, to)
    if (!isUtf8(part)) {
      // The longest beginning that is sound, by halving.
      let [sound, broken] = [0, part.length]
      while (broken - sound > 1) {
        const middle = (sound + broken) >> 1
        if (couldGoOn(part.subarray(0, middle))) sound = middle
        else broken = middle
      }
      // A character of several bytes may have begun before the one that breaks it.
      let bad = sound
      while (bad > 0 && !isUtf8(part.subarray(0, bad))) bad--
      return { line, byte: part[bad] }
    }
    line++
    from = to
  }
  return { line, byte: 0 }
}

/** The end may be the beginning of a character. */
function couldGoOn(part: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(part, { stream: true })
    return true
  } catch {
    return false
  }
}

function decodeAs(encoding: string, bytes: Uint8Array): string {
  let decoder: InstanceType<typeof TextDecoder>
  try {
    decoder = new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new FormatError(
      'encoding',
      `is declared as “${encoding}”, which is not known here. Save the file as UTF-8`,
    )
  }
  try {
    return decoder.decode(bytes)
  } catch {
    throw new FormatError(
      WHOLE_FILE,
      `is not ${encoding.toUpperCase()}, as it says. Save it as UTF-8`,
    )
  }
}

function notUtf8(bytes: Uint8Array): FormatError {
  const { line, byte } = badByte(bytes)
  const code = byte.toString(16).padStart(2, '0')
  return new FormatError(
    WHOLE_FILE,
    `is not UTF-8 (byte 0x${code} in line ${line}), and does not say what else. Save it as UTF-8`,
  )
}

/**
 * Bytes as text: by the byte order mark, the zeros of UTF-16, the XML declaration, else UTF-8. Never puts a
 * replacement for a character: throws a FormatError that names the place instead.
 */
export function decodeText(bytes: Uint8Array): string {
  const marked = markedEncoding(bytes)
  if (marked?.encoding === 'utf-32')
    throw new FormatError(WHOLE_FILE, 'is UTF-32, which is not read. Save it as UTF-8')
  const declared = marked ? null : declaredEncoding(bytes)
  // A file of 8-bit characters that declares UTF-16 was saved in another encoding without changing the declaration.
  const encoding =
    marked?.encoding ?? (declared && !/^utf-?(16|32)/i.test(declared) ? declared : 'utf-8')
  const body = bytes.subarray(marked?.skip ?? 0)
  if (!/^utf-?8$/i.test(encoding)) return decodeAs(encoding, body)
  if (!isUtf8(body)) throw notUtf8(body)
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
}

/** A file's text, see `decodeText`. Throws a FormatError. */
export function textOf(file: InputFile): string {
  if (file.size > MAX_TEXT_BYTES)
    throw new FormatError(
      WHOLE_FILE,
      `has ${Math.round(file.size / 1e6)} MB; files of this format are read up to ${Math.round(MAX_TEXT_BYTES / 1e6)} MB. Split it`,
    )
  return decodeText(file.bytes())
}

/** The file itself where its bytes are UTF-8 already, else the same text as UTF-8 in memory. */
export function asUtf8(file: InputFile): { file: InputFile; skip: number } {
  const head = file.bytes(0, Math.min(file.size, 400))
  const marked = markedEncoding(head)
  if (!marked || marked.encoding === 'utf-8') return { file, skip: marked?.skip ?? 0 }
  const bytes = Buffer.from(textOf(file))
  return { file: memoryFile(file.path, bytes), skip: 0 }
}

/** A file that is in memory. */
export function memoryFile(path: string, content: string | Uint8Array): InputFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return {
    path,
    size: bytes.length,
    bytes: (from = 0, to = bytes.length) => bytes.subarray(from, to),
  }
}

/** Lines without their ends, whatever program ended them. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n|\r/)
