import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import type { ImageLookup, KnownImage } from './types.ts'

/** null marks a key that more than one image has. */
type Index = Map<string, KnownImage | null>

function put(index: Index, key: string, image: KnownImage): void {
  index.set(key, index.has(key) ? null : image)
}

/** Names come from other machines: backslashes, absolute folders, other Unicode forms. */
function clean(reference: string): string {
  return reference.replaceAll('\\', '/').replace(/^\.\//, '').normalize('NFC')
}

/** Every way the end of a path can be written: `a/b/c` → `a/b/c`, `b/c`, `c`. */
function* suffixes(path: string): Generator<string> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  for (let start = 0; start < parts.length; start++) yield parts.slice(start).join('/')
}

function lookUp(exact: Index, byName: Index, reference: string): KnownImage | null {
  for (const suffix of suffixes(clean(reference))) {
    const image = exact.get(suffix)
    if (image) return image
  }
  return byName.get(fileNameOf(clean(reference))) ?? null
}

/** Looks images up by what label files call them; an ambiguous name finds nothing. */
export function imageLookup(images: Iterable<KnownImage>): ImageLookup {
  const paths: Index = new Map()
  const names: Index = new Map()
  const stems: Index = new Map()
  const nameStems: Index = new Map()
  for (const image of images) {
    const path = image.path.normalize('NFC')
    put(paths, path, image)
    put(names, fileNameOf(path), image)
    put(stems, stemOf(path), image)
    put(nameStems, stemOf(fileNameOf(path)), image)
  }
  return {
    find: (reference) => lookUp(paths, names, reference),
    findByStem: (stem) => lookUp(stems, nameStems, stem),
  }
}
