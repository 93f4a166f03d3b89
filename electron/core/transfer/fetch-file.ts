import { constants, fstatSync } from 'node:fs'
import { type FileHandle, lstat, open as openFile, rename, rm, stat } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PictographError, type StorageBody } from '#core/api/client.ts'
import { isWhole, isWholeImage, lengthOf } from './whole-image.ts'

/** Up to this size a body is taken whole before it is written: one system call instead of many. Bytes. */
export const SMALL_BYTES = 1_000_000
/** So much may wait for the disk, of each file that comes. Bytes. */
const BEHIND_BYTES = 1_000_000
/** A link in the way is not followed; where the system has no such flag, it was looked for before. */
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)
const LONGER_FILE = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)

export interface FetchRequest {
  /** Absolute; what comes lies beside it as `.part` until it is complete and checked. */
  target: string
  /** Whether something of an earlier time may lie there as `.part`. */
  mayHavePart: boolean
  /** Bytes that a list promises; 0: it does not say. */
  expectedBytes: number
  /** Of the part that is there from an earlier try; null: begin anew. */
  etag: string | null
  /** Asks for the file from a byte on. */
  open: (fromByte: number, etag: string | null) => Promise<StorageBody>
  /** Whether an image can be decoded to its end; of other files, whether the file is whole. */
  decodes?: (bytes: Buffer) => Promise<boolean>
  isWhole?: (file: string) => Promise<boolean>
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

/** What is there now: bytes, and when it was written, milliseconds since 1970. */
export interface FetchedFile {
  sizeBytes: number
  modifiedAtMs: number
}

/**
 * A file from a storage address, continued where an earlier try ended, there whole or not at all. Throws what
 * `open` throws, the system's errors, a BrokenFileError.
 */
export async function fetchFile(request: FetchRequest): Promise<FetchedFile> {
  const { target, open, signal, onBytes, onEtag } = request
  const part = `${target}.part`
  const there = request.mayHavePart || request.etag !== null ? await sizeOf(part) : 0
  let have = request.etag === null ? 0 : there
  const answer = await open(have, request.etag).catch(async (error: unknown) => {
    // There is nothing behind what is here: it is of another file, or whole but for its check.
    const isBeyond = error instanceof PictographError && error.status === 416
    if (!isBeyond || have === 0) throw error
    await rm(part, { force: true })
    have = 0
    return open(0, null)
  })
  const begins = answer.status === 206 ? have : 0
  const total = answer.sizeBytes === null ? null : begins + answer.sizeBytes
  onEtag(answer.etag)
  const checked = (size: number, isComplete: () => Promise<boolean>) =>
    check(request, size, total, isComplete).catch(async (error: unknown) => {
      // A part that is wrong must not be continued.
      onEtag(null)
      await rm(part, { force: true })
      throw error
    })
  const { decodes = async () => true } = request
  if (!request.isWhole && total !== null && total <= SMALL_BYTES && begins === 0) {
    const chunks = await chunksOf(answer.body)
    const size = lengthOf(chunks)
    onBytes(size)
    await checked(size, () => isWhole(chunks, decodes))
    return writeWhole(target, chunks)
  }
  let file: FetchedFile
  {
    await using handle = await openFile(part, begins > 0 ? LONGER_FILE : NEW_FILE)
    await pipeline(answer.body, writerOf(handle, onBytes), { signal })
    file = factsOf(handle)
    await checked(file.sizeBytes, () => request.isWhole?.(part) ?? isWholeImage(part, decodes))
  }
  return intoPlace(part, target, file)
}

/** A small file, there whole or not at all. */
export async function writeWhole(target: string, chunks: readonly Buffer[]): Promise<FetchedFile> {
  const part = `${target}.part`
  let file: FetchedFile
  {
    await using handle = await openFile(part, NEW_FILE)
    await writeAll(handle, chunks)
    file = factsOf(handle)
  }
  return intoPlace(part, target, file)
}

/** `file`: as it was while it was open. Other systems than Linux may write down a later time as they close it. */
async function intoPlace(part: string, target: string, file: FetchedFile): Promise<FetchedFile> {
  await rename(part, target)
  if (process.platform === 'linux') return file
  const { size, mtimeMs } = await stat(target)
  return { sizeBytes: size, modifiedAtMs: mtimeMs }
}

/** Of an open file the system knows this without asking the disk: not worth a thread. */
function factsOf({ fd }: FileHandle): FetchedFile {
  const { size, mtimeMs } = fstatSync(fd)
  return { sizeBytes: size, modifiedAtMs: mtimeMs }
}

/** Pieces as they came: to join them would be a copy of each file. */
function chunksOf(body: StorageBody['body']): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>()
  const chunks: Buffer[] = []
  body.on('data', (chunk: Buffer) => chunks.push(chunk))
  body.on('end', () => resolve(chunks))
  body.on('error', reject)
  return promise
}

async function writeAll(handle: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const wanted = lengthOf(chunks)
  if (wanted === 0) return
  const { bytesWritten } = await handle.writev(chunks)
  // The system may take less; when the disk is full, the next call says so.
  if (bytesWritten < wanted) await writeAll(handle, [Buffer.concat(chunks).subarray(bytesWritten)])
}

/** Writes what has come meanwhile in one call: a socket gives little at a time. The handle stays open. */
function writerOf(handle: FileHandle, onBytes: (count: number) => void): Writable {
  const write = (chunks: Buffer[], done: (error?: Error | null) => void) => {
    writeAll(handle, chunks).then(() => {
      onBytes(lengthOf(chunks))
      done()
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
