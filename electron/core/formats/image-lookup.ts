import { hasImageExtension } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { LIMITS } from './limits.ts'
import { splitOfWord } from './splits.ts'
import type { KnownImage, LabelEntry, Size } from './types.ts'

/** Folders that say how a dataset is laid out, not which image it is. */
const LAYOUT =
  /^(?:images?|imgs?|jpegimages|pictures|photos|frames|data|dataset|labels?|annotations?|default|uploads?|obj_(?:train|valid|test)_data|obj_train_data)$/i

/** By which rule an image was found; earlier ones are surer. */
export type Rule = 'place' | 'suffix' | 'name'

export interface Found {
  image: KnownImage
  rule: Rule
}

/** null marks a key that more than one image has. */
type Index = Map<string, KnownImage | null>

function put(index: Index, key: string, image: KnownImage): void {
  const there = index.get(key)
  index.set(key, there === undefined || there === image ? image : null)
}

/** `..` and `.` resolved; what leads above the root stays at the root. */
export function resolvePath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** A path that another program wrote, beside a label file. */
export function pathBeside(file: string, reference: string): string {
  return resolvePath(joinPath(directoryOf(file), cleanReference(reference)))
}

/** Names come from other machines: backslashes, drives, URLs with queries, percent signs. In one Unicode form (NFC). */
export function cleanReference(reference: string): string {
  return plainReference(reference).normalize('NFC')
}

/** Addresses of Label Studio's server that hand an image on: the file's own path or address is in the query. */
const HANDED_ON =
  /(?:\/local-files\/?\?(?:.*&)?d|\/(?:presign|resolve)\/?\?(?:.*&)?fileuri)=([^&#]+)/

/** Label Studio's `?d=` is percent-encoded, its `fileuri` is in Base64. Others stay as they are. */
function withoutServer(reference: string): string {
  const inQuery = reference.includes('?') ? HANDED_ON.exec(reference)?.[1] : undefined
  if (inQuery === undefined) return reference
  const address = decoded(inQuery)
  const inBase64 = Buffer.from(address, 'base64').toString('utf8')
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(inBase64) ? inBase64 : address
}

/** The same in the Unicode form that it has, for names that are written again. */
export function plainReference(reference: string): string {
  // Longer ones are refused (read-labels.ts); what reads them meanwhile is to be quick.
  let path = withoutServer(reference.slice(0, LIMITS.name + 1).trim())
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    path = path.replace(/[?#].*$/, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
    path = decoded(path)
  }
  return path.replaceAll('\\', '/').replace(/^[a-z]:\//i, '/')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Other spellings of a name: percent signs decoded, a query left out. */
function* spellings(path: string): Generator<string> {
  yield path
  const plain = path.replace(/\?.*$/, '')
  if (plain !== path) yield plain
  if (path.includes('%')) {
    yield decoded(path)
    if (plain !== path) yield decoded(plain)
  }
}

const withoutLayout = (path: string) =>
  path.split('/').filter((part, index, all) => index === all.length - 1 || !LAYOUT.test(part))

/** Whether one path is the end of the other, once folders that only say the layout are left out. */
function isSameEnd(a: string, b: string): boolean {
  const [p, q] = [withoutLayout(a).reverse(), withoutLayout(b).reverse()]
  const isSame = (one: string, other: string) => {
    if (one === other) return true
    const split = splitOfWord(one)
    return split !== undefined && split === splitOfWord(other)
  }
  return p.slice(0, Math.min(p.length, q.length)).every((part, index) => isSame(part, q[index]))
}

/** Entries whose files lie in one folder and name one image. */
export function sharedNames<T extends LabelEntry>(entries: readonly T[]): T[] {
  const groups = Map.groupBy(entries, ({ file, name }) => pathBeside(file, name).toLowerCase())
  return [...groups.values()].filter((group) => group.length > 1).flat()
}

const ANY = /\.\*$/

/** Looks images up by what label files say; never guesses between two. */
export class ImageLookup {
  readonly #paths: Index = new Map()
  readonly #folded: Index = new Map()
  readonly #stems: Index = new Map()
  readonly #foldedStems: Index = new Map()
  readonly #names = new Map<string, KnownImage[]>()

  constructor(images: Iterable<KnownImage>) {
    for (const image of images) {
      const path = image.path.normalize('NFC')
      const lower = path.toLowerCase()
      put(this.#paths, path, image)
      put(this.#folded, lower, image)
      put(this.#stems, stemOf(path), image)
      put(this.#foldedStems, stemOf(lower), image)
      for (const key of [fileNameOf(lower), `${stemOf(fileNameOf(lower))}.*`]) {
        const there = this.#names.get(key)
        if (there) there.push(image)
        else this.#names.set(key, [image])
      }
    }
  }

  #at(path: string): KnownImage | null {
    const clean = path.normalize('NFC')
    if (ANY.test(clean)) {
      const stem = clean.replace(ANY, '')
      return this.#stems.get(stem) ?? this.#foldedStems.get(stem.toLowerCase()) ?? null
    }
    return this.#paths.get(clean) ?? this.#folded.get(clean.toLowerCase()) ?? null
  }

  /** By the format's rule, then by a unique end of the path, then by a unique name. */
  find({ places, name, size }: Pick<LabelEntry, 'places' | 'name' | 'size'>): Found | null {
    for (const place of places)
      for (const spelling of spellings(place)) {
        const image = this.#at(spelling)
        if (image) return { image, rule: 'place' }
      }
    for (const spelling of spellings(cleanReference(name))) {
      const found = this.#byEnd(resolvePath(spelling), spelling.startsWith('/'), size ?? null)
      if (found) return found
    }
    return this.#convertedCopy(places, name, size ?? null)
  }

  /**
   * The image may have been converted since, from PNG to JPEG for example. Where the format looks for it, it must not have
   * another size; elsewhere, its size must be known and the same.
   */
  #convertedCopy(places: readonly string[], name: string, size: Size | null): Found | null {
    const clean = cleanReference(name)
    if (!hasImageExtension(clean)) return null
    const anyOf = (path: string) => `${stemOf(path)}.*`
    const atPlace = places.filter(hasImageExtension).map((place) => this.#at(anyOf(place)))
    const there = atPlace.find((one) => one !== null)
    if (there) return fitsSize(there, size) ? { image: there, rule: 'name' } : null
    const image = this.#byEnd(resolvePath(anyOf(clean)), clean.startsWith('/'), size)?.image
    const isProven = image && size && image.width !== null && image.height !== null
    return isProven && fitsSize(image, size) ? { image, rule: 'name' } : null
  }

  #byEnd(reference: string, isAbsolute: boolean, size: Size | null): Found | null {
    const called = this.#names.get(fileNameOf(reference).toLowerCase()) ?? []
    const lower = reference.toLowerCase()
    const isEnd = (whole: string, end: string) => whole === end || whole.endsWith(`/${end}`)
    const pathOf = ({ path }: KnownImage) => {
      const own = path.normalize('NFC').toLowerCase()
      return ANY.test(lower) ? `${stemOf(own)}.*` : own
    }
    const ends = called.filter((image) => isEnd(pathOf(image), lower))
    if (ends.length === 1)
      return { image: ends[0], rule: directoryOf(lower) === '' ? 'name' : 'suffix' }
    if (ends.length > 1) return null
    // The reference says more than the path: of several, the one that agrees longest.
    const within = called.filter((image) => isEnd(lower, pathOf(image)))
    let longest = 0
    for (const { path } of within) longest = Math.max(longest, path.length)
    const best = within.filter(({ path }) => path.length === longest)
    if (best.length === 1 && (called.length === 1 || directoryOf(best[0].path) !== ''))
      return { image: best[0], rule: 'suffix' }
    const alike = called.filter((image) => isSameEnd(pathOf(image), lower))
    if (alike.length === 1 && fitsSize(alike[0], size)) return { image: alike[0], rule: 'name' }
    // Folders of another machine say nothing about the folders here.
    if (isAbsolute && called.length === 1 && fitsSize(called[0], size))
      return { image: called[0], rule: 'name' }
    return null
  }
}

/** Another size is a sign that it is another image. */
function fitsSize({ width, height }: KnownImage, size: Size | null): boolean {
  if (!size || width === null || height === null) return true
  const isSame = width === size.width && height === size.height
  return isSame || (width === size.height && height === size.width)
}
