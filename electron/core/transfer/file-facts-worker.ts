/** Runs in a thread of its own: what a file holds, by hash, and its size in pixels. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parentPort } from 'node:worker_threads'
import sharp from 'sharp'

export interface FileFactsAnswer {
  id: number
  sha256: string
  width: number | null
  height: number | null
  problem: string | null
}

async function facts(file: string): Promise<Omit<FileFactsAnswer, 'id'>> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const sha256 = hash.digest('hex')
  try {
    const { width, height, orientation } = await sharp(file, { limitInputPixels: false }).metadata()
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

parentPort?.on('message', ({ id, file }: { id: number; file: string }) => {
  facts(file).then(
    (answer) => parentPort?.postMessage({ id, ...answer }),
    (error: unknown) =>
      parentPort?.postMessage({
        id,
        sha256: '',
        width: null,
        height: null,
        problem: error instanceof Error ? error.message : String(error),
      }),
  )
})
