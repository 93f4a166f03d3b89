import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { getFileNameLowLevel, openPromise } from 'yauzl'

export interface ZipEntry {
  /** As the archive has it: data, and never a path to write to as it is. */
  name: string
  sizeBytes: number
  stream(): Promise<Readable>
  bytes(): Promise<Buffer>
}

// Names that lead elsewhere are for the reader to judge: one must not make the others unreadable.
const openZip = (file: string) =>
  openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: false })

async function* entriesOf(zip: Awaited<ReturnType<typeof openZip>>): AsyncGenerator<ZipEntry> {
  for await (const entry of zip.eachEntry()) {
    const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
    const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
    if (name.endsWith('/')) continue
    const stream = () => zip.openReadStreamPromise(entry)
    yield {
      name,
      sizeBytes: entry.uncompressedSize,
      stream,
      bytes: async () => buffer(await stream()),
    }
  }
}

/**
 * The files of a ZIP, one after another, in the archive's order; each is to be read before the next is asked for.
 * Throws when it is none, or damaged.
 */
export async function* zipEntries(file: string): AsyncGenerator<ZipEntry> {
  const zip = await openZip(file)
  try {
    yield* entriesOf(zip)
  } finally {
    zip.close()
  }
}

/** Does something with each file of a ZIP, several at a time. Throws what the first to fail threw, when all have ended. */
export async function eachZipEntry(
  file: string,
  atATime: number,
  work: (entry: ZipEntry) => Promise<void>,
): Promise<void> {
  const zip = await openZip(file)
  const running = new Set<Promise<void>>()
  try {
    for await (const entry of entriesOf(zip)) {
      // One that failed stays, so that whoever waits below hears of it.
      const own: Promise<void> = work(entry).then(() => {
        running.delete(own)
      })
      own.catch(() => {})
      running.add(own)
      if (running.size >= atATime) await Promise.race(running)
    }
    await Promise.all(running)
  } finally {
    await Promise.allSettled(running)
    zip.close()
  }
}

/** Whether it can be read: one that was cut off has no directory at its end. */
export async function isArchive(file: string): Promise<boolean> {
  try {
    for await (const _entry of zipEntries(file)) break
    return true
  } catch {
    return false
  }
}
