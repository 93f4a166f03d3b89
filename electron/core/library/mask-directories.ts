import { hash } from 'node:crypto'
import { maskLayout } from '#core/formats/label-file-name.ts'
import { directoryOf } from '#shared/model/paths.ts'
import { MaskPairs } from './mask-pairs.ts'

/** Up to so many directories are each judged alone; of more, those of like paths are judged together. */
const MOST_ALONE = 256
const MOST_GROUPS = 32
/** The most samples of one directory. */
const MOST_SAMPLES = 32

/** Calls `work` for each item, with pauses. */
export type EachInPieces = <T>(items: Iterable<T>, work: (item: T) => void) => Promise<void>

interface Ordered {
  /** A hash: as good as random, and the same in each scan. */
  order: string
}

export interface Sample extends Ordered {
  mask: string
  image: string
}

/** The pictures of one directory that may be masks and have an image. */
export interface MaskDirectory extends Ordered {
  /** Names of the folders above the masks' folder. */
  root: string[]
  /** The masks' folder, in lower case. */
  folder: string
  /** Names of the folders below it, to these pictures. */
  below: string[]
  masks: string[]
  samples: Sample[]
  /** Samples looked into so far, and what they are; some cannot be read. */
  looked: number
  seenMasks: number
  seenOthers: number
}

/** Adds an item to those that come first, at most `most`, in order. */
export function keepFirst<T extends Ordered>(kept: T[], item: T, most: number): void {
  const last = kept.at(-1)
  if (kept.length >= most && last && item.order >= last.order) return
  const at = kept.findIndex(({ order }) => item.order < order)
  kept.splice(at < 0 ? kept.length : at, 0, item)
  if (kept.length > most) kept.pop()
}

const namesOf = (path: string) => (path === '' ? [] : path.split('/'))

/** Pictures where masks may lie that have an image, by their directory. */
export async function maskDirectories(
  held: readonly string[],
  images: readonly string[],
  each: EachInPieces,
): Promise<MaskDirectory[]> {
  const pairs = new MaskPairs()
  await each(held, (mask) => pairs.addMask(mask))
  await each(images, (image) => pairs.addImage(image))
  const directories = new Map<string, MaskDirectory>()
  await each(held, (mask) => {
    const image = pairs.imageOf(mask)
    if (image === null) return
    const path = directoryOf(mask)
    let directory = directories.get(path)
    if (!directory) {
      const { root, folder } = maskLayout(mask)
      const above = namesOf(root)
      directory = {
        order: hash('sha1', path),
        root: above,
        folder: folder.toLowerCase(),
        below: namesOf(path).slice(above.length + 1),
        masks: [],
        samples: [],
        looked: 0,
        seenMasks: 0,
        seenOthers: 0,
      }
      directories.set(path, directory)
    }
    directory.masks.push(mask)
    keepFirst(directory.samples, { mask, image, order: hash('sha1', mask) }, MOST_SAMPLES)
  })
  return [...directories.values()]
}

/**
 * Directories that are judged together. If there are too many to judge each alone, names at the end of their paths are
 * left out, then names above the masks' folder, until there are few groups.
 */
export async function groupsOf(
  directories: MaskDirectory[],
  each: EachInPieces,
): Promise<MaskDirectory[][]> {
  if (directories.length <= MOST_ALONE) return directories.map((directory) => [directory])
  const mostOf = (lengthOf: (directory: MaskDirectory) => number) =>
    directories.reduce((most, directory) => Math.max(most, lengthOf(directory)), 0)
  const deepest = mostOf(({ below }) => below.length)
  const steps = deepest + mostOf(({ root }) => root.length)
  for (let step = 1; step <= steps; step++) {
    const groups = new Map<string, MaskDirectory[]>()
    await each(directories, (directory) => {
      const { root, folder, below } = directory
      const above = root.slice(0, Math.max(0, root.length - Math.max(0, step - deepest)))
      const inner = below.slice(0, Math.max(0, deepest - step))
      const key = [above.join('/'), folder, inner.join('/')].join('\0')
      const group = groups.get(key)
      if (group) group.push(directory)
      else groups.set(key, [directory])
    })
    if (groups.size <= MOST_GROUPS) return [...groups.values()]
  }
  return [directories]
}
