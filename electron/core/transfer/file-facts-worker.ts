/** Worker thread: computes file hashes and image sizes in pixels. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { loadSharp } from '#core/media/load-sharp.ts'
import { metadataProblem, refusePicture } from '#core/media/picture-limits.ts'
import { probeImage } from '#core/media/probe.ts'
import { answerOrders } from '#core/threads/answer-orders.ts'
import type { ContentFacts } from './file-facts.ts'
import { decodes, isWhole, isWholeImage } from './whole-image.ts'

const HEIC = /\.hei[cf]$/i
/** Bytes. */
const SMALL_BYTES = 4_000_000
/** Number of files open at a time. */
const LANES = 4

class DamagedError extends Error {
  constructor() {
    super(
      'The image ends early or is damaged: nobody could download it again. Save it anew with another program, or leave it out.',
    )
  }
}

/**
 * Uses the same check as downloads, so nothing is sent that a download would refuse. `input`: the bytes, or the path.
 */
const isWholeOn = (file: string, input: Buffer | string): Promise<boolean> => {
  const judge = (bytes: Buffer) => decodes(file, bytes)
  return typeof input === 'string' ? isWholeImage(input, judge) : isWhole([input], judge)
}

async function factsOf(file: string): Promise<ContentFacts> {
  const hash = createHash('sha256')
  const { size } = await stat(file)
  const isSmall = size <= SMALL_BYTES
  // Read a small file only once, for both.
  const input = isSmall ? await readFile(file) : file
  if (typeof input === 'string') await pipeline(createReadStream(input), hash)
  else hash.update(input)
  const sha256 = hash.digest('hex')
  try {
    const sharp = await loadSharp()
    const info = await sharp(input, { limitInputPixels: false }).metadata()
    refusePicture(metadataProblem(info, size))
    const { width, height, orientation } = info
    if (!(await isWholeOn(file, input))) throw new DamagedError()
    // EXIF orientations 5 to 8 swap width and height.
    const turned = (orientation ?? 1) >= 5
    return { sha256, width: turned ? height : width, height: turned ? width : height }
  } catch (error) {
    if (error instanceof DamagedError) throw error
    const { width, height, problem } = await probeImage(file)
    // The service may decode formats that this app cannot.
    if (problem !== null && !HEIC.test(file)) throw new Error(problem)
    if (!(await isWholeOn(file, input))) throw new DamagedError()
    return { sha256, width, height }
  }
}

// Loading it takes a moment, in which the service answers. A failure shows with the first file.
loadSharp().catch(() => {})

const waiting: (() => void)[] = []
let active = 0

answerOrders<string, ContentFacts>(async (file) => {
  // A finished task passes its lane to a waiting one.
  if (active < LANES) active++
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await factsOf(file)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else active--
  }
})
