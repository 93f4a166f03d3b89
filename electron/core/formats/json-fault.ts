import { FormatError, WHOLE_FILE } from './format-error.ts'

/** Deeper nesting is no label file, and would exhaust the stack. */
const MAX_DEPTH = 500
const TOO_DEEP = 'is nested too deeply'

/** Where and why a text is no JSON. `path`: of the value, as `annotations[3].score`. */
export interface JsonFault {
  offset: number
  path: string
  what: string
}

const WORDS = ['true', 'false', 'null']
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const TOKEN = /[\w+.-]+/y

/** Finds the fault of a text that JSON.parse refuses; slow, as it only runs then. null: there is none. */
export function findJsonFault(text: string): JsonFault | null {
  let at = 0
  const stop = (path: string, what: string): JsonFault => ({ offset: at, path, what })
  const space = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at])) at++
  }
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0] ?? null
  }
  const found = (path: string): JsonFault => {
    if (at >= text.length) return stop(path, 'ends in the middle')
    const token = match(TOKEN) ?? text[at]
    if (/^[+-]?(nan|inf(inity)?)$/i.test(token))
      return stop(path, `is ${token}, which JSON does not know: write null or a number`)
    if (token === "'") return stop(path, 'has a single quote: JSON wants double ones')
    return stop(path, `has “${token.slice(0, 20)}” where something else has to be`)
  }
  const string = (path: string): JsonFault | null => {
    const value = match(STRING)
    if (value === null) {
      const isCut = text.indexOf('"', at + 1) < 0
      return stop(
        path,
        isCut ? 'ends in the middle' : 'has a text with a character that JSON forbids',
      )
    }
    // Control characters have to be escaped (RFC 8259, 7).
    const control = [...value].findIndex((letter) => letter < ' ')
    if (control >= 0) {
      at += control
      return stop(path, 'has a line break or another control character in a text')
    }
    at += value.length
    return null
  }
  const value = (path: string, depth: number): JsonFault | null => {
    space()
    if (depth > MAX_DEPTH) return stop(path, TOO_DEEP)
    if (text[at] === '{' || text[at] === '[') return members(path, depth)
    if (text[at] === '"') return string(path)
    const word = WORDS.find((candidate) => text.startsWith(candidate, at)) ?? match(NUMBER)
    const token = match(TOKEN)
    if (word === null || word === undefined || word !== token) return found(path)
    at += word.length
    return null
  }
  const members = (path: string, depth: number): JsonFault | null => {
    const isObject = text[at] === '{'
    const end = isObject ? '}' : ']'
    at++
    space()
    if (text[at] === end) {
      at++
      return null
    }
    for (let index = 0; ; index++) {
      space()
      let inner = `${path}[${index}]`
      if (isObject) {
        if (text[at] !== '"') return found(path)
        const start = at
        const fault = string(path)
        if (fault) return fault
        const key = JSON.parse(text.slice(start, at)) as string
        inner = path === '' ? key : `${path}.${key}`
        space()
        if (text[at] !== ':') return found(inner)
        at++
      }
      const fault = value(inner, depth + 1)
      if (fault) return fault
      space()
      if (text[at] === end) {
        at++
        return null
      }
      if (text[at] !== ',') return found(inner)
      at++
    }
  }
  const fault = value('', 0)
  if (fault) return fault
  space()
  return at < text.length ? stop('', 'has more after its end') : null
}

/** Line and column of a place, from 1. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return {
    line: before.split('\n').length,
    column: offset - before.lastIndexOf('\n'),
  }
}

/** The fault as an error; `line`: of the text's beginning in its file. */
export function jsonError(text: string, prefix: string, firstLine: number): FormatError {
  const fault = findJsonFault(text)
  if (!fault) return new FormatError(prefix || WHOLE_FILE, 'is not JSON')
  const { line, column } = placeIn(text, fault.offset)
  const joint = prefix !== '' && fault.path !== '' && !fault.path.startsWith('[') ? '.' : ''
  const field = `${prefix}${joint}${fault.path}`
  if (fault.what === TOO_DEEP)
    return new FormatError(
      field || WHOLE_FILE,
      `is nested deeper than ${MAX_DEPTH} levels: line ${firstLine + line - 1}, column ${column}`,
    )
  const cut = fault.what === 'ends in the middle' ? ': it is cut off. Copy or export it again' : ''
  return new FormatError(
    field || WHOLE_FILE,
    `is not JSON: line ${firstLine + line - 1}, column ${column} ${fault.what}${cut}`,
  )
}

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'[]{}'].map((letter) =>
  letter.charCodeAt(0),
)

/** Whether the text may be nested too deeply. Brackets inside its strings count as well, so it may also not be. */
function mayBeDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at)
    if (letter === OPEN_LIST || letter === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true
    } else if (letter === CLOSE_LIST || letter === CLOSE_OBJECT) depth--
  }
  return false
}

/**
 * Throws a FormatError that says where the JSON breaks, or is nested so deeply that writing it again would exhaust the
 * stack. `prefix`: what the text is in its file; `firstLine`: where.
 */
export function parseJson(text: string, prefix = '', firstLine = () => 1): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw jsonError(text, prefix, firstLine())
  }
  if (mayBeDeep(text) && findJsonFault(text)) throw jsonError(text, prefix, firstLine())
  return value
}
