import { hash } from 'node:crypto'
import { join } from 'node:path'
import { maskLayout } from '#core/formats/label-file-name.ts'
import { inPieces } from '#core/pieces.ts'
import { MaskLooks } from './mask-looks.ts'
import { MaskPairs } from './mask-pairs.ts'

/** More folders of masks than this are judged together with others of their name. */
const MOST_GROUPS = 32
/** Masks that one scan looks into, and of these the most of one group. */
const MOST_LOOKS = 256
const MOST_LOOKS_OF_GROUP = 32
const PARALLEL = 4

export interface MaskOptions {
  signal?: AbortSignal
  /** Called after each step, to show that the work gets on. */
  onStep?: () => void
  /** Pictures looked into at the same time. */
  parallel?: number
  /** Keeps what earlier scans saw. */
  looks?: MaskLooks
}

type EachInPieces = <T>(items: Iterable<T>, work: (item: T) => void) => Promise<void>

function eachInPieces({ signal, onStep }: MaskOptions): EachInPieces {
  return async (items, work) => {
    const rest = items[Symbol.iterator]()
    await inPieces((count) => {
      for (let left = count; left > 0; left--) {
        const { done, value } = rest.next()
        if (done) return false
        work(value)
      }
      onStep?.()
      return true
    }, signal)
  }
}

interface Sample {
  mask: string
  image: string
  /** As good as random, and the same in each scan. */
  order: string
}

/** All masks of one folder of masks, and what lies below it. */
interface MaskFolder {
  root: string[]
  folder: string
  masks: string[]
  samples: Sample[]
}

/** The samples that come first. */
const firstOf = (samples: Sample[]) =>
  samples.toSorted((a, b) => (a.order < b.order ? -1 : 1)).slice(0, MOST_LOOKS_OF_GROUP)

/** Masks that have an image, by their folder. */
async function maskFolders(
  held: readonly string[],
  images: readonly string[],
  each: EachInPieces,
): Promise<MaskFolder[]> {
  const pairs = new MaskPairs()
  await each(held, (mask) => pairs.addMask(mask))
  await each(images, (image) => pairs.addImage(image))
  const folders = new Map<string, MaskFolder>()
  await each(held, (mask) => {
    const image = pairs.imageOf(mask)
    if (image === null) return
    const { root, folder: name } = maskLayout(mask)
    const key = `${root}\0${name}`
    const folder = folders.get(key) ?? {
      root: root === '' ? [] : root.split('/'),
      folder: name.toLowerCase(),
      masks: [],
      samples: [],
    }
    folders.set(key, folder)
    folder.masks.push(mask)
    const order = hash('sha1', mask)
    const last = folder.samples.at(-1)
    if (folder.samples.length < MOST_LOOKS_OF_GROUP || (last && order < last.order))
      folder.samples = firstOf([...folder.samples, { mask, image, order }])
  })
  return [...folders.values()]
}

/** Folders that are judged together: each alone, or, if there are many, those of one name below the same folder. */
async function groupsOf(folders: MaskFolder[], each: EachInPieces): Promise<MaskFolder[][]> {
  const deepest = folders.reduce((most, { root }) => Math.max(most, root.length), 0)
  for (let cut = 0; cut <= deepest; cut++) {
    const groups = new Map<string, MaskFolder[]>()
    await each(folders, (folder) => {
      const above = folder.root.slice(0, Math.max(0, folder.root.length - cut))
      const key = `${above.join('/')}\0${folder.folder}`
      const group = groups.get(key)
      if (group) group.push(folder)
      else groups.set(key, [folder])
    })
    if (groups.size <= MOST_GROUPS) return [...groups.values()]
  }
  return [folders]
}

/**
 * The masks among pictures that lie where masks may lie (`mayBeMask`); paths below `root`. A mask has an image of its name
 * elsewhere, and looks like one. Of each folder some are looked into and speak for the others: one that can be read and is
 * no mask shows that the folder holds pictures; those that cannot be read say nothing. Incomplete after a stop.
 */
export async function masksAmong(
  root: string,
  held: readonly string[],
  images: readonly string[],
  options: MaskOptions = {},
): Promise<Set<string>> {
  const { signal, onStep, parallel = PARALLEL, looks = new MaskLooks() } = options
  const each = eachInPieces(options)
  const groups = await groupsOf(await maskFolders(held, images, each), each)
  const votes = groups.map(() => ({ masks: 0, others: 0 }))
  const looked: (Sample & { vote: (typeof votes)[number] })[] = []
  for (const [index, group] of groups.entries()) {
    let samples: Sample[] = []
    await each(group, (folder) => {
      samples = firstOf([...samples, ...folder.samples])
    })
    for (const sample of samples.slice(0, Math.floor(MOST_LOOKS / groups.length)))
      looked.push({ ...sample, vote: votes[index] })
  }
  const queue = looked.values()
  const lookAtSome = async () => {
    for (const { mask, image, vote } of queue) {
      if (signal?.aborted) return
      if (vote.others > 0) continue
      const isMask = await looks.look(join(root, mask), join(root, image))
      if (isMask !== null) vote[isMask ? 'masks' : 'others']++
      onStep?.()
    }
  }
  await Promise.all(Array.from({ length: parallel }, lookAtSome))
  const found = new Set<string>()
  const areMasks = groups.filter((_, index) => votes[index].masks > 0 && votes[index].others === 0)
  for (const { masks } of areMasks.flat()) await each(masks, (mask) => found.add(mask))
  return found
}
