import { decodeText } from './text.ts'
import type { InputFile } from './types.ts'
import { remarkEnd } from './xml-remarks.ts'

/** So much of a file is looked into, bytes; more where its keys say nothing yet. */
export const FIRST_LOOK = 1 << 18
const LONG_LOOK = 1 << 25

/** The outline of a file. Works for truncated files and for files too large to read at once. */
export interface FileLook {
  path: string
  kind: 'json' | 'xml' | 'text' | 'other'
  /** JSON: the file is a list. */
  isList: boolean
  /** JSON: keys at the top. */
  keys: ReadonlySet<string>
  /** JSON: keys of the first object under a key of the top; under '' those of a list's first object. */
  inner(key: string): ReadonlySet<string>
  /** XML: the name of the root element and of those directly in it. */
  elements: readonly string[]
  /** The beginning; empty where it is no text. */
  text: string
  /** PNG: how its pixels are stored. */
  pngColors?: 'grey' | 'palette' | 'colours'
}

/** The end of a piece of text may be the middle of a character. */
function headText(file: InputFile, bytes: number): string {
  if (file.size <= bytes) return decodeText(file.bytes())
  for (let cut = 0; cut < 4; cut++)
    try {
      return decodeText(file.bytes(0, bytes - cut))
    } catch (error) {
      if (cut === 3) throw error
    }
  return ''
}

interface Sketch {
  isList: boolean
  keys: Set<string>
  inner: Map<string, Set<string>>
}

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g

/** Keys of the upper levels, read from text that may be broken anywhere. */
function sketch(text: string): Sketch {
  const result: Sketch = { isList: false, keys: new Set(), inner: new Map() }
  const open: string[] = []
  let top = ''
  /** The key whose first object is being read; null: none. */
  let first: { key: string; depth: number } | null = null
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [token, word, colon] = match
    if (token === '{' || token === '[') {
      open.push(token)
      if (open.length === 1) result.isList = token === '['
      const isInner = token === '{' && open.length >= 2 && open.length <= 3
      if (isInner && !first && !result.inner.has(top)) {
        first = { key: top, depth: open.length }
        result.inner.set(top, new Set())
      }
    } else if (token === '}' || token === ']') {
      if (first && open.length === first.depth) first = null
      open.pop()
    } else if (colon) {
      if (open.length === 1 && open[0] === '{') {
        top = word
        result.keys.add(word)
      } else if (first && open.length === first.depth) result.inner.get(first.key)?.add(word)
    }
  }
  return result
}

const NOTHING: ReadonlySet<string> = new Set()

/** Keys that say nothing about what a file is. */
const VAGUE = new Set(['info', 'licenses', 'license', 'version', 'description'])

/** COCO's images may fill megabytes before the annotations begin. */
const isVague = ({ keys }: Sketch) =>
  [...keys].every((key) => VAGUE.has(key)) ||
  (keys.has('images') && keys.size <= 3 && !keys.has('annotations'))

function lookAtJson(file: InputFile): Pick<FileLook, 'isList' | 'keys' | 'inner' | 'text'> {
  let text = headText(file, FIRST_LOOK)
  let found = sketch(text)
  if (file.size > FIRST_LOOK && isVague(found)) {
    text = headText(file, LONG_LOOK)
    found = sketch(text)
  }
  const { isList, keys, inner } = found
  return { isList, keys, inner: (key) => inner.get(key) ?? NOTHING, text: text.slice(0, 4096) }
}

/** XML without comments, CDATA, instructions and declarations. */
function withoutRemarks(text: string): string {
  let rest = ''
  let from = 0
  const begin = /<[!?]/g
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    rest += text.slice(from, match.index)
    from = remarkEnd(text, match.index)
    begin.lastIndex = from
  }
  return rest + text.slice(from)
}

/** The names of a document's first elements, its root first. */
function elementsOf(text: string): string[] {
  const body = withoutRemarks(text)
  const names: string[] = []
  let depth = 0
  for (const [, end, name, alone] of body.matchAll(/<(\/?)([\w.:-]+)[^<>]*?(\/?)>/g)) {
    if (end) depth--
    else {
      if (depth <= 1) names.push(name)
      if (!alone) depth++
    }
    if (names.length > 200) break
  }
  return names
}

/** The colour type in a PNG's header (https://www.w3.org/TR/png-3/#11IHDR). */
function pngColors(file: InputFile): FileLook['pngColors'] {
  if (file.size < 26) return undefined
  const type = file.bytes(0, 26)[25]
  return type === 0 ? 'grey' : type === 3 ? 'palette' : 'colours'
}

/** Throws a FormatError where it is text in an encoding that is not known, or the system's error. */
export function lookAt(file: InputFile): FileLook {
  const { path } = file
  const empty = { path, isList: false, keys: NOTHING, inner: () => NOTHING, elements: [], text: '' }
  if (/\.(?:json|jsonl|ndjson)$/i.test(path)) return { ...empty, kind: 'json', ...lookAtJson(file) }
  if (/\.xml$/i.test(path)) {
    const text = headText(file, FIRST_LOOK)
    return { ...empty, kind: 'xml', elements: elementsOf(text), text: text.slice(0, 4096) }
  }
  if (/\.(?:txt|csv|tsv|ya?ml|names|data|labels)$/i.test(path))
    return { ...empty, kind: 'text', text: headText(file, FIRST_LOOK) }
  if (/\.png$/i.test(path)) return { ...empty, kind: 'other', pngColors: pngColors(file) }
  return { ...empty, kind: 'other' }
}
