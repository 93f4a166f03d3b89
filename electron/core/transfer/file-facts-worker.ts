/** Runs in a thread of its own: what a file holds, by hash, and its size in pixels. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { parentPort } from 'node:worker_threads'
import { loadSharp } from '#core/media/load-sharp.ts'

/** Bytes. */
const SMALL_BYTES = 4_000_000

export interface FileFactsAnswer {
  id: number
  sha256: string
  width: number | null
  height: number | null
  problem: string | null
}

async function facts(file: string): Promise<Omit<FileFactsAnswer, 'id'>> {
  const hash = createHash('sha256')
  const isSmall = (await stat(file)).size <= SMALL_BYTES
  // A small one is read once, for both.
  const input = isSmall ? await readFile(file) : file
  if (typeof input === 'string') await pipeline(createReadStream(input), hash)
  else hash.update(input)
  const sha256 = hash.digest('hex')
  try {
    const sharp = await loadSharp()
    const { width, height, orientation } = await sharp(input, {
      limitInputPixels: false,
    }).metadata()
    // EXIF orientations 5 to 8 are turned by a quarter.
    const turned = (orientation ?? 1) >= 5
    return {
      sha256,
      width: turned ? height : width,
      height: turned ? width : height,
      problem: null,
    }
  } catch {
    // What is not decoded here may well be at the service: it takes more formats.
    return { sha256, width: null, height: null, problem: null }
  }
}

/** Files open at a time. */
const LANES = 4
const waiting: { id: number; file: string }[] = []
let active = 0

function next(): void {
  const item = active < LANES ? waiting.shift() : undefined
  if (!item) return
  active++
  facts(item.file)
    .catch((error: unknown) => ({
      sha256: '',
      width: null,
      height: null,
      problem: error instanceof Error ? error.message : String(error),
    }))
    .then((answer) => {
      active--
      parentPort?.postMessage({ id: item.id, ...answer } satisfies FileFactsAnswer)
      next()
    })
}

parentPort?.on('message', (item: { id: number; file: string }) => {
  waiting.push(item)
  next()
})
