import { join } from 'node:path'
import { inPieces } from '#core/pieces.ts'
import {
  type EachInPieces,
  groupsOf,
  keepFirst,
  type MaskDirectory,
  maskDirectories,
  type Sample,
} from './mask-directories.ts'
import { MaskLooks } from './mask-looks.ts'

/** Pictures that each of the three rounds looks into at most. */
const MOST_LOOKS = 256
const MOST_LOOKS_OF_DIRECTORY = 32
/** This part of a directory of masks may look like other pictures, as masks with soft edges do. */
const MOST_ODD = 0.1
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

interface Look {
  directory: MaskDirectory
  sample: Sample
}

const isOfMasks = ({ seenMasks, seenOthers }: MaskDirectory) =>
  seenMasks > 0 && seenOthers <= MOST_ODD * (seenMasks + seenOthers)
const isOfPictures = (directory: MaskDirectory) => directory.seenOthers > 0 && !isOfMasks(directory)

/** Takes samples of directories in turn, at most `most`. */
function* inTurn(directories: readonly MaskDirectory[], most: number): Generator<Look> {
  let left = most
  for (let turn = 0; turn < MOST_LOOKS_OF_DIRECTORY; turn++)
    for (const directory of directories) {
      const sample = directory.samples[directory.looked]
      if (!sample) continue
      if (left-- <= 0) return
      directory.looked++
      yield { directory, sample }
    }
}

/**
 * The masks among pictures that lie where masks may lie (`mayBeMask`); paths below `root`. A mask has an image of its name
 * elsewhere, and looks like one. Of each directory some are looked into and speak for the others; those that cannot be read
 * say nothing. In doubt a picture is no mask. Incomplete after a stop.
 */
export async function masksAmong(
  root: string,
  held: readonly string[],
  images: readonly string[],
  options: MaskOptions = {},
): Promise<Set<string>> {
  const { signal, onStep, parallel = PARALLEL, looks = new MaskLooks() } = options
  const each = eachInPieces(options)
  const lookAt = async (chosen: Iterable<Look>) => {
    const queue = [...chosen].values()
    const lookAtSome = async () => {
      for (const { directory, sample } of queue) {
        if (signal?.aborted) return
        const isMask = await looks.look(join(root, sample.mask), join(root, sample.image))
        if (isMask !== null) directory[isMask ? 'seenMasks' : 'seenOthers']++
        onStep?.()
      }
    }
    await Promise.all(Array.from({ length: parallel }, lookAtSome))
  }
  const directories = await maskDirectories(held, images, each)
  const groups = await groupsOf(directories, each)

  const share = Math.floor(MOST_LOOKS / Math.max(1, groups.length))
  const first: Look[] = []
  for (const group of groups) {
    const some: MaskDirectory[] = []
    await each(group, (directory) => keepFirst(some, directory, share))
    first.push(...inTurn(some, share))
  }
  await lookAt(first)
  // A few others among many masks may be masks with soft edges or of another size; more samples show it.
  const unsure = directories.filter(
    ({ seenOthers, samples }) => seenOthers > 0 && seenOthers <= MOST_ODD * samples.length,
  )
  await lookAt(inTurn(unsure, MOST_LOOKS))
  // A group that holds pictures too says nothing about its other directories, so each of them is looked into.
  const mixed = groups.filter((group) => group.some(isOfPictures))
  const unseen = mixed.flat().filter(({ looked }) => looked === 0)
  await lookAt(inTurn(unseen, Math.min(MOST_LOOKS, unseen.length)))

  const ofMasks = groups.flatMap((group) => {
    const speaksForAll = group.some(isOfMasks) && !group.some(isOfPictures)
    return group.filter((directory) => {
      const isSeen = directory.seenMasks + directory.seenOthers > 0
      return isSeen ? isOfMasks(directory) : speaksForAll
    })
  })
  const found = new Set<string>()
  await each(masksOf(ofMasks), (mask) => found.add(mask))
  return found
}

function* masksOf(directories: readonly MaskDirectory[]): Generator<string> {
  for (const { masks } of directories) yield* masks
}
