import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writevSync,
} from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { PictographError } from '#core/api/errors.ts'
import type { StorageHead, StorageSink } from '#core/api/storage.ts'
import { PRIVATE_FILE } from '#core/private-files.ts'
import { BrokenFileError } from '#core/threads/wire-error.ts'
import { isWhole, isWholeImage, lengthOf } from './whole-image.ts'

/** Up to this size a body is taken whole before it is written: a part of it is not worth keeping. Bytes. */
export const SMALL_BYTES = 1_000_000
/** Of a larger one it is told each time that so much has come. Bytes. */
const TOLD_BYTES = 1_000_000
/** A link in the way is not followed; where the system has no such flag, it was looked for before. */
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)
const LONGER_FILE = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)

export interface FetchRequest {
  /** Absolute; what comes lies beside it as `.part` until it is complete and checked. */
  target: string
  /** Whether something of an earlier time may lie there as `.part`. */
  mayHavePart: boolean
  /** Bytes that a list promises; 0: it does not say. Far more than that are refused. */
  expectedBytes: number
  /** More than this is refused whatever was listed, bytes; left out: by what was listed. */
  maxBytes?: number
  /** Only the owner reads it: a file of the app's own, not one that a person asked for. */
  isPrivate?: boolean
  /** Of the part that is there from an earlier try; null: begin anew. */
  etag: string | null
  /** Asks for the file from a byte on, and is through when all of it has come. */
  open: (fromByte: number, etag: string | null, sink: StorageSink) => Promise<void>
  /** Whether an image can be decoded to its end; of other files, whether the file is whole. */
  decodes?: (bytes: Buffer) => Promise<boolean>
  isWhole?: (file: string) => Promise<boolean>
  onBytes: (count: number) => void
  /** What a later try needs to go on from the part that is there; null: nothing to go on from. */
  onEtag: (etag: string | null) => void
}

/** What is there now: bytes, and when it was written, milliseconds since 1970. */
export interface FetchedFile {
  sizeBytes: number
  modifiedAtMs: number
}

/** Undefined: what the person's own settings give a new file. */
const modeOf = ({ isPrivate = false }: FetchRequest) => (isPrivate ? PRIVATE_FILE : undefined)

/** An image may have been replaced since it was listed, so it may be larger than the list said; not without end. Bytes. */
const MOST_TIMES_LISTED = 4
const LEEWAY_BYTES = 32_000_000
/** Where no list said anything. Bytes. */
const MOST_UNLISTED_BYTES = 4_000_000_000

function mostBytes({ expectedBytes, maxBytes }: FetchRequest): number {
  const listed =
    expectedBytes > 0 ? expectedBytes * MOST_TIMES_LISTED + LEEWAY_BYTES : MOST_UNLISTED_BYTES
  return maxBytes ?? listed
}

/** Trying again would bring as much. */
class OversizedError extends PictographError {
  constructor(request: FetchRequest) {
    const listed =
      request.expectedBytes > 0 ? `, which is listed with ${request.expectedBytes}` : ''
    super(`More than ${mostBytes(request)} bytes come for ${basename(request.target)}${listed}`, {
      route: 'storage transfer',
    })
  }
}

const partOf = ({ target }: Pick<FetchRequest, 'target'>) => `${target}.part`

function sizeOf(file: string): number {
  const info = lstatSync(file, { throwIfNoEntry: false })
  if (info && !info.isFile()) {
    // A link or a folder under our own name: whatever it is, nothing is written into it.
    rmSync(file, { recursive: true, force: true })
    return 0
  }
  return info?.size ?? 0
}

/** Takes a body as it comes: a small one in memory, a larger one into its part. */
class Incoming implements StorageSink {
  /** All of a small file; a larger one is written as it comes. */
  readonly chunks: Buffer[] = []
  /** Bytes that there should be in the end; null: nobody said. */
  totalBytes: number | null = null
  /** The part of a larger file, as it was when it was closed. */
  part: FetchedFile | null = null
  readonly #request: FetchRequest
  readonly #have: number
  #fd: number | null = null
  #untoldBytes = 0
  #bytes: number

  /** `have`: bytes of the part that is there and is to be continued. */
  constructor(request: FetchRequest, have: number) {
    this.#request = request
    this.#have = have
    this.#bytes = have
  }

  onHead({ status, sizeBytes, etag }: StorageHead): void {
    const begins = status === 206 ? this.#have : 0
    this.totalBytes = sizeBytes === null ? null : begins + sizeBytes
    this.#bytes = begins
    if ((this.totalBytes ?? 0) > mostBytes(this.#request)) throw new OversizedError(this.#request)
    const isSmall = begins === 0 && this.totalBytes !== null && this.totalBytes <= SMALL_BYTES
    if (isSmall && !this.#request.isWhole) return
    this.#fd = openSync(
      partOf(this.#request),
      begins > 0 ? LONGER_FILE : NEW_FILE,
      modeOf(this.#request),
    )
    this.#request.onEtag(etag)
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > mostBytes(this.#request)) throw new OversizedError(this.#request)
    if (this.#fd === null) {
      this.chunks.push(chunk)
      return
    }
    writeAll(this.#fd, [chunk])
    this.#untoldBytes += chunk.length
    if (this.#untoldBytes >= TOLD_BYTES) this.#tell()
  }

  /** All has come, or no more will: then what is here is what a later try goes on from. */
  close(): void {
    const fd = this.#fd
    if (fd === null) return
    this.#fd = null
    this.#tell()
    try {
      this.part = factsOf(fd)
    } finally {
      closeSync(fd)
    }
  }

  #tell(): void {
    this.#request.onBytes(this.#untoldBytes)
    this.#untoldBytes = 0
  }
}

/**
 * A file from a storage address, continued where an earlier try ended, there whole or not at all. Throws what
 * `open` throws, the system's errors, a BrokenFileError.
 *
 * It blocks while it writes: for a small file the hops to another thread and back cost more than the writing. So it
 * is for a thread of its own, or for what comes seldom.
 */
export async function fetchFile(request: FetchRequest): Promise<FetchedFile> {
  const { target, etag, onEtag, onBytes, decodes = async () => true } = request
  const part = partOf(request)
  const there = request.mayHavePart || etag !== null ? sizeOf(part) : 0
  const have = etag === null ? 0 : there
  const body = await receive(request, have, etag).catch((error: unknown) => {
    if (error instanceof OversizedError) {
      onEtag(null)
      rmSync(part, { force: true })
    }
    // There is nothing behind what is here: it is of another file, or whole but for its check.
    const isBeyond = error instanceof PictographError && error.status === 416
    if (!isBeyond || have === 0) throw error
    rmSync(part, { force: true })
    return receive(request, 0, null)
  })
  const { chunks } = body
  if (body.part === null) onBytes(lengthOf(chunks))
  try {
    await check(
      request,
      body.part?.sizeBytes ?? lengthOf(chunks),
      body.totalBytes,
      body.part === null
        ? () => isWhole(chunks, decodes)
        : async () => request.isWhole?.(part) ?? isWholeImage(part, decodes),
    )
  } catch (error) {
    // A part that is wrong must not be continued.
    onEtag(null)
    rmSync(part, { force: true })
    throw error
  }
  return body.part === null ? writeWhole(request, chunks) : intoPlace(part, target, body.part)
}

async function receive(
  request: FetchRequest,
  have: number,
  etag: string | null,
): Promise<Incoming> {
  const incoming = new Incoming(request, have)
  try {
    await request.open(have, etag, incoming)
  } finally {
    incoming.close()
  }
  return incoming
}

/** A small file, there whole or not at all. */
function writeWhole(request: FetchRequest, chunks: readonly Buffer[]): Promise<FetchedFile> {
  const part = partOf(request)
  const fd = openSync(part, NEW_FILE, modeOf(request))
  let file: FetchedFile
  try {
    writeAll(fd, chunks)
    file = factsOf(fd)
  } finally {
    closeSync(fd)
  }
  return intoPlace(part, request.target, file)
}

/** `file`: as it was while it was open. Other systems than Linux may write down a later time as they close it. */
async function intoPlace(part: string, target: string, file: FetchedFile): Promise<FetchedFile> {
  renameSync(part, target)
  if (process.platform === 'linux') return file
  const { size, mtimeMs } = await stat(target)
  return { sizeBytes: size, modifiedAtMs: mtimeMs }
}

function factsOf(fd: number): FetchedFile {
  const { size, mtimeMs } = fstatSync(fd)
  return { sizeBytes: size, modifiedAtMs: mtimeMs }
}

function writeAll(fd: number, chunks: readonly Buffer[]): void {
  const wanted = lengthOf(chunks)
  if (wanted === 0) return
  const written = writevSync(fd, chunks)
  // The system may take less; when the disk is full, the next call says so.
  if (written < wanted) writeAll(fd, [Buffer.concat(chunks).subarray(written)])
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
