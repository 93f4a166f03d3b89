import {
  type FileHandle,
  lstat,
  open as openFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { StorageBody } from '#core/api/client.ts'
import { isWhole, isWholeImage } from './whole-image.ts'

/** Up to this size a body is taken whole before it is written: two system calls instead of many. Bytes. */
const SMALL_BYTES = 1_000_000
/** So much may wait for the disk, of each file that comes. Bytes. */
const BEHIND_BYTES = 1_000_000

export interface FetchRequest {
  /** Absolute; what comes lies beside it as `.part` until it is complete and checked. */
  target: string
  /** Bytes that a list promises; 0: it does not say. */
  expectedBytes: number
  /** Of the part that is there from an earlier try; null: begin anew. */
  etag: string | null
  /** Asks for the file from a byte on. */
  open: (fromByte: number, etag: string | null) => Promise<StorageBody>
  /** Whether an image can be decoded to its end. */
  decodes: (bytes: Buffer) => Promise<boolean>
  onBytes: (count: number) => void
  /** What a later try needs to go on from here. */
  onEtag: (etag: string | null) => void
  signal: AbortSignal
}

/** The file came, and is not what it should be. */
export class BrokenFileError extends Error {}

const sizeOf = async (file: string): Promise<number> => {
  const info = await lstat(file).catch(() => null)
  if (info && !info.isFile()) {
    // A link or a folder under our own name: whatever it is, nothing is written into it.
    await rm(file, { recursive: true, force: true })
    return 0
  }
  return info?.size ?? 0
}

/**
 * A file from a storage address, continued where an earlier try ended, there whole or not at all. Answers its
 * bytes. Throws what `open` throws, the system's errors, a BrokenFileError.
 */
export async function fetchFile(request: FetchRequest): Promise<number> {
  const { target, open, signal, onBytes, onEtag } = request
  const part = `${target}.part`
  const there = await sizeOf(part)
  const have = request.etag === null ? 0 : there
  const answer = await open(have, request.etag)
  const begins = answer.status === 206 ? have : 0
  const total = answer.sizeBytes === null ? null : begins + answer.sizeBytes
  onEtag(answer.etag)
  if (total !== null && total <= SMALL_BYTES && begins === 0) {
    const { buffer, byteOffset, length } = await answer.body.bytes()
    const bytes = Buffer.from(buffer, byteOffset, length)
    onBytes(bytes.length)
    await check(request, bytes.length, total, () => isWhole(bytes, request.decodes)).catch(
      (error: unknown) => {
        onEtag(null)
        throw error
      },
    )
    await writeFile(part, bytes)
    await rename(part, target)
    return bytes.length
  }
  const handle = await openFile(part, begins > 0 ? 'a' : 'w')
  try {
    await pipeline(answer.body, writerOf(handle, onBytes), { signal })
  } finally {
    await handle.close()
  }
  const { size } = await stat(part)
  await check(request, size, total, () => isWholeImage(part, request.decodes)).catch(
    async (error: unknown) => {
      // A part that is wrong must not be continued.
      await rm(part, { force: true })
      onEtag(null)
      throw error
    },
  )
  await rename(part, target)
  return size
}

/** Writes what has come meanwhile in one call: a socket gives little at a time. The handle stays open. */
function writerOf(handle: FileHandle, onBytes: (count: number) => void): Writable {
  const write = (chunks: Buffer[], done: (error?: Error | null) => void) => {
    handle.writev(chunks).then(({ bytesWritten }) => {
      onBytes(bytesWritten)
      const wanted = chunks.reduce((sum, { length }) => sum + length, 0)
      // The system may take less; when the disk is full, the next call says so.
      if (bytesWritten === wanted) done()
      else write([Buffer.concat(chunks).subarray(bytesWritten)], done)
    }, done)
  }
  return new Writable({
    highWaterMark: BEHIND_BYTES,
    write: (chunk: Buffer, _encoding, done) => write([chunk], done),
    writev: (items, done) =>
      write(
        items.map(({ chunk }) => chunk as Buffer),
        done,
      ),
  })
}

/** `total`: what the answer promised. */
async function check(
  { expectedBytes, target }: FetchRequest,
  size: number,
  total: number | null,
  isComplete: () => Promise<boolean>,
): Promise<void> {
  if (total !== null && size !== total)
    throw new BrokenFileError(`${size} of ${total} bytes came: ${target}`)
  if (await isComplete()) return
  throw new BrokenFileError(
    expectedBytes > 0 && size !== expectedBytes
      ? `${size} of ${expectedBytes} bytes came: ${target}`
      : `The file is damaged where it comes from: ${target}`,
  )
}
