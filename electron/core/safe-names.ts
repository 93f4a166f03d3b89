import { createHash } from 'node:crypto'
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

/** Programs look for files that begin with a dot and obey them, such as `.bashrc` and `.ssh/authorized_keys`. */
const harmless = (segment: string): string =>
  segment.replace(/^\.+/, (dots) => '_'.repeat(dots.length))

/**
 * Systems allow 1,024 to 4,096 bytes for a whole path. A service may send thousands of directories in one name; making
 * each would take minutes and gigabytes.
 */
const MAX_DEPTH = 64
const MAX_DIRECTORY_BYTES = 1_000

/** The segments of a directory; beyond what systems allow, the rest becomes one name of its own. */
function bounded(segments: readonly string[]): readonly string[] {
  let bytes = 0
  for (const [depth, segment] of segments.entries()) {
    bytes += Math.min(MAX_NAME_BYTES, Buffer.byteLength(segment)) + 1
    if (depth < MAX_DEPTH && bytes <= MAX_DIRECTORY_BYTES) continue
    const rest = createHash('sha256').update(segments.slice(depth).join('/')).digest('hex')
    return [...segments.slice(0, depth), rest.slice(0, 16)]
  }
  return segments
}

/** What else stands in a folder that we fill, by the formats. */
const OURS = [
  'pictograph-dataset.json',
  'data.yaml',
  'classes.txt',
  'annotations.xml',
  'annotations.json',
  '_annotations.csv',
]

/** What is written beside a file: its labels, and the file itself while it comes. */
const BESIDE = ['.json', '.part']

interface SafeNamesOptions {
  /** Endings of what is written beside each file: no other file may have such a name. */
  beside?: readonly string[]
  /** Names that are taken already. */
  taken?: readonly string[]
  /** The folder is a person's own: names that programs obey get another beginning. */
  isForeign?: boolean
}

/** What a file system that ignores case and Unicode's forms takes for the same name. */
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
  /** Names of what is written beside files. */
  readonly #beside = new Set<string>()
  readonly #options: SafeNamesOptions

  constructor(options: SafeNamesOptions = {}) {
    this.#options = options
    for (const name of options.taken ?? []) this.#beside.add(folded(name))
  }

  /** For a folder of a person's that gets images with their labels beside them. */
  static forTarget(): SafeNames {
    return new SafeNames({ beside: BESIDE, taken: OURS, isForeign: true })
  }

  /** The path in the folder, with forward slashes. */
  assign(path: string): string {
    const segments = path.split('/').filter((segment) => segment !== '')
    const name = segments.pop() ?? '_'
    const directory = this.#directory(segments)
    const prefix = directory === '' ? '' : `${directory}/`
    const clean = this.#clean(name)
    const wanted = folded(prefix + clean)
    for (let number = this.#next.get(wanted) ?? 1; ; number++) {
      const candidate = prefix + numbered(clean, number)
      const key = folded(candidate)
      const beside = (this.#options.beside ?? []).map((ending) => folded(candidate + ending))
      if ([key, ...beside].some((one) => this.#files.has(one) || this.#directoryKeys.has(one)))
        continue
      if (this.#beside.has(key)) continue
      this.#files.add(key)
      for (const one of beside) this.#beside.add(one)
      this.#next.set(wanted, number + 1)
      return candidate
    }
  }

  #clean(segment: string): string {
    const clean = safeSegment(segment)
    return this.#options.isForeign ? harmless(clean) : clean
  }

  #isTaken(path: string): boolean {
    return this.#files.has(folded(path)) || this.#beside.has(folded(path))
  }

  #directory(segments: readonly string[]): string {
    let path = ''
    let own = ''
    for (const segment of bounded(segments)) {
      path = `${path}/${segment}`
      const known = this.#directories.get(path)
      if (known !== undefined) {
        own = known
        continue
      }
      const prefix = own === '' ? '' : `${own}/`
      const clean = this.#clean(segment)
      let candidate = prefix + clean
      // A file may have the name; another directory may share it, as its files are told apart.
      for (let number = 2; this.#isTaken(candidate); number++)
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
