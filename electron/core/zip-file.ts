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

/** The files of a ZIP, one after another, in the archive's order. Throws when it is none, or damaged. */
export async function* zipEntries(file: string): AsyncGenerator<ZipEntry> {
  // Names that lead elsewhere are for the reader to judge: one must not make the others unreadable.
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: false })
  try {
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
  } finally {
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
