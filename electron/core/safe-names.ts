import { extname } from 'node:path'

/** File systems allow 255 bytes per name; this leaves room for suffixes (`.json`, `.part`). */
const MAX_NAME_BYTES = 230

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f\u007f\u0080-\u009f\u202a-\u202e\u2066-\u2069]/g
/** Device names in Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i

function shortened(name: string, maxBytes: number): string {
  if (Buffer.byteLength(name) <= maxBytes) return name
  const extension = extname(name).slice(0, 16)
  const room = maxBytes - Buffer.byteLength(extension)
  let stem = ''
  let bytes = 0
  for (const character of name.slice(0, name.length - extname(name).length)) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    stem += character
  }
  return stem + extension
}

/** Makes a path segment valid on any file system; it cannot leave its folder. */
export function safeSegment(segment: string): string {
  const clean = segment
    .normalize('NFC')
    .replace(FORBIDDEN, '_')
    // Windows drops dots and spaces at the end, so two names would become one.
    .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    .replace(/^ +/, (start) => '_'.repeat(start.length))
  const [stem = ''] = clean.split('.')
  const named = RESERVED.test(stem.trim()) ? clean.replace(stem, `${stem}_`) : clean
  return shortened(named === '' ? '_' : named, MAX_NAME_BYTES)
}

/** Names that are equal on a file system that ignores case and Unicode forms. */
const folded = (path: string) => path.normalize('NFKC').toLowerCase()

/**
 * Converts untrusted paths to paths below a folder of ours: none leads out of it, and no two are equal on any file
 * system. The same calls in the same order give the same names.
 */
export class SafeNames {
  readonly #files = new Set<string>()
  /** For a name that is used several times, the next number to try. Thousands of files may share one. */
  readonly #next = new Map<string, number>()
  /** The local name of each of their directories. */
  readonly #directories = new Map<string, string>()
  readonly #directoryKeys = new Set<string>()

  /** The path in the folder, with forward slashes. */
  assign(path: string): string {
    const segments = path.split('/').filter((segment) => segment !== '')
    const name = segments.pop() ?? '_'
    const directory = this.#directory(segments)
    const prefix = directory === '' ? '' : `${directory}/`
    const clean = safeSegment(name)
    const wanted = folded(prefix + clean)
    for (let number = this.#next.get(wanted) ?? 1; ; number++) {
      const candidate = prefix + numbered(clean, number)
      const key = folded(candidate)
      if (this.#files.has(key) || this.#directoryKeys.has(key)) continue
      this.#files.add(key)
      this.#next.set(wanted, number + 1)
      return candidate
    }
  }

  #directory(segments: readonly string[]): string {
    let path = ''
    let own = ''
    for (const segment of segments) {
      path = `${path}/${segment}`
      const known = this.#directories.get(path)
      if (known !== undefined) {
        own = known
        continue
      }
      const prefix = own === '' ? '' : `${own}/`
      const clean = safeSegment(segment)
      let candidate = prefix + clean
      // A file may have the name. Another directory may share it, because its files get different names.
      for (let number = 2; this.#files.has(folded(candidate)); number++)
        candidate = prefix + numbered(clean, number)
      this.#directories.set(path, candidate)
      this.#directoryKeys.add(folded(candidate))
      own = candidate
    }
    return own
  }
}

function numbered(name: string, number: number): string {
  if (number === 1) return name
  const extension = extname(name)
  return `${name.slice(0, name.length - extension.length)} (${number})${extension}`
}
