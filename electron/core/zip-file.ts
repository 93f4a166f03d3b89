import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { getFileNameLowLevel, openPromise } from 'yauzl'
import { UserError } from './user-error.ts'

export interface ZipEntry {
  /** The name in the archive. Untrusted: never write to it as it is. */
  name: string
  sizeBytes: number
  stream(): Promise<Readable>
  bytes(): Promise<Buffer>
}

// The reader judges unsafe names, so that one does not make the others unreadable.
const openZip = (file: string) =>
  openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: false })

/** Deflate packs at most 1,032 bytes into one; real archives of masks and bitmaps stay far below. */
const MOST_PACKED = 200
/** Archives that unpack to less are always accepted. Bytes. */
const HARMLESS_BYTES = 256_000_000
/** Maximum size of a file that is read into memory: labels of an image, or a small image. Bytes. */
const MOST_IN_MEMORY_BYTES = 512_000_000
/** The longest path of any system. Characters. */
const LONGEST_NAME = 32_767

/**
 * Throws for an archive made to fill the disk: its files overlap, or contain only repetition. Its declared sizes are
 * enforced during unpacking.
 */
function bombGuard(archiveBytes: number) {
  let packed = 0
  let unpacked = 0
  return (entry: { compressedSize: number; uncompressedSize: number }) => {
    packed += entry.compressedSize
    unpacked += entry.uncompressedSize
    if (packed > archiveBytes)
      throw new UserError('zip_bomb', 'The ZIP is damaged: its files overlap.')
    if (unpacked > HARMLESS_BYTES && unpacked / archiveBytes > MOST_PACKED)
      throw new UserError(
        'zip_bomb',
        `The ZIP has ${archiveBytes.toLocaleString('en')} bytes and would unpack to more than ${unpacked.toLocaleString('en')}. Unpack it with another program if you trust it.`,
      )
  }
}

async function* entriesOf(zip: Awaited<ReturnType<typeof openZip>>): AsyncGenerator<ZipEntry> {
  const guard = bombGuard(zip.fileSize)
  for await (const entry of zip.eachEntry()) {
    guard(entry)
    const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
    const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
    if (name.endsWith('/')) continue
    if (name.length > LONGEST_NAME)
      throw new UserError(
        'zip_name',
        'The ZIP is damaged: it contains a name that is too long for any system.',
      )
    const stream = () => zip.openReadStreamPromise(entry)
    yield {
      name,
      sizeBytes: entry.uncompressedSize,
      stream,
      bytes: async () => {
        if (entry.uncompressedSize > MOST_IN_MEMORY_BYTES)
          throw new UserError('zip_entry', `${name.slice(0, 200)} is too large to read at once.`)
        return buffer(await stream())
      },
    }
  }
}

/**
 * Yields the files of a ZIP in the archive's order; read each before requesting the next. Throws if it is not a valid
 * ZIP.
 */
export async function* zipEntries(file: string): AsyncGenerator<ZipEntry> {
  const zip = await openZip(file)
  try {
    yield* entriesOf(zip)
  } finally {
    zip.close()
  }
}

/** Processes the files of a ZIP, several at a time. Throws the first error after all have ended. */
export async function eachZipEntry(
  file: string,
  atATime: number,
  work: (entry: ZipEntry) => Promise<void>,
): Promise<void> {
  const zip = await openZip(file)
  const running = new Set<Promise<void>>()
  try {
    for await (const entry of entriesOf(zip)) {
      // A failed one stays in the list, so that the code below sees its error.
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

/** True if it can be read; a truncated ZIP has no directory at its end. */
export async function isArchive(file: string): Promise<boolean> {
  try {
    for await (const _entry of zipEntries(file)) break
    return true
  } catch {
    return false
  }
}
