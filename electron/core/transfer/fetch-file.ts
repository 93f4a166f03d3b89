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
import { basename, dirname } from 'node:path'
import { PictographError } from '#core/api/errors.ts'
import type { StorageHead, StorageSink } from '#core/api/storage.ts'
import { type FolderMark, type HeldFolder, holdFolder } from '#core/held-folder.ts'
import { PRIVATE_FILE } from '#core/private-files.ts'
import { BrokenFileError } from '#core/threads/wire-error.ts'
import { isWhole, isWholeImage, lengthOf } from './whole-image.ts'

/** Bodies up to this size are buffered in memory before writing; a part of them is not worth keeping. Bytes. */
export const SMALL_BYTES = 1_000_000
/** Progress of larger bodies is reported after each such number of bytes. */
const TOLD_BYTES = 1_000_000
/** Does not follow a link in the way; on systems without this flag, links are checked before. */
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)
const LONGER_FILE = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)

export interface FetchRequest {
  /** Absolute; the data is in a `.part` file beside it until it is complete and checked. */
  target: string
  /** Its directory, which is compared before each write; left out: a folder of the app. */
  mark?: FolderMark
  /** True if a `.part` file of an earlier try may exist. */
  mayHavePart: boolean
  /** Bytes according to a list; 0: unknown. A file that is far larger is refused. */
  expectedBytes: number
  /** Refuse more bytes than this; if left out, the limit depends on `expectedBytes`. */
  maxBytes?: number
  /** Readable only by its owner: a file of the app, not one that the user requested. */
  isPrivate?: boolean
  /** The ETag of an earlier partial file; null: start over. */
  etag: string | null
  /** Requests the file from a byte on; resolves when all of it has arrived. */
  open: (fromByte: number, etag: string | null, sink: StorageSink) => Promise<void>
  /** Checks whether an image decodes to its end, or whether another file is complete. */
  decodes?: (bytes: Buffer) => Promise<boolean>
  isWhole?: (file: string) => Promise<boolean>
  onBytes: (count: number) => void
  /** Called with what a later try needs to resume the part; null: cannot resume. */
  onEtag: (etag: string | null) => void
}

/** The file now: bytes, and modification time in milliseconds since 1970. */
export interface FetchedFile {
  sizeBytes: number
  modifiedAtMs: number
}

/** Undefined: the system's default mode for a new file. */
const modeOf = ({ isPrivate = false }: FetchRequest) => (isPrivate ? PRIVATE_FILE : undefined)

/** An image may have been replaced since it was listed and be larger, but only up to this factor. */
const MOST_TIMES_LISTED = 4
const LEEWAY_BYTES = 32_000_000
/** The limit if no list gave a size. Bytes. */
const MOST_UNLISTED_BYTES = 4_000_000_000

function mostBytes({ expectedBytes, maxBytes }: FetchRequest): number {
  const listed =
    expectedBytes > 0 ? expectedBytes * MOST_TIMES_LISTED + LEEWAY_BYTES : MOST_UNLISTED_BYTES
  return maxBytes ?? listed
}

/** A retry would bring as much. */
class OversizedError extends PictographError {
  constructor(request: FetchRequest) {
    const listed =
      request.expectedBytes > 0 ? `, which is listed with ${request.expectedBytes}` : ''
    super(`More than ${mostBytes(request)} bytes come for ${basename(request.target)}${listed}`, {
      route: 'storage transfer',
    })
  }
}

const partName = ({ target }: Pick<FetchRequest, 'target'>) => `${basename(target)}.part`

/** The directory of the file, held for one step. */
const hold = ({ target, mark = undefined }: FetchRequest): HeldFolder =>
  holdFolder(dirname(target), mark ?? null)

function removePart(request: FetchRequest): void {
  using held = hold(request)
  rmSync(held.pathOf(partName(request)), { force: true })
}

function sizeOfPart(request: FetchRequest): number {
  using held = hold(request)
  const file = held.pathOf(partName(request))
  const info = lstatSync(file, { throwIfNoEntry: false })
  if (info && !info.isFile()) {
    // Remove a link or folder with our file's name; never write into it.
    rmSync(file, { recursive: true, force: true })
    return 0
  }
  return info?.size ?? 0
}

/** Receives a body: a small one in memory, a larger one in its part file. */
class Incoming implements StorageSink {
  /** The whole body of a small file; a larger one is written as it arrives. */
  readonly chunks: Buffer[] = []
  /** Expected total bytes; null: unknown. */
  totalBytes: number | null = null
  /** The part file of a larger body, when it was closed. */
  part: FetchedFile | null = null
  readonly #request: FetchRequest
  readonly #have: number
  #fd: number | null = null
  #untoldBytes = 0
  #bytes: number

  /** `have`: bytes of the existing part that is resumed. */
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
    using held = hold(this.#request)
    this.#fd = openSync(
      held.pathOf(partName(this.#request)),
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

  /** Ends the body, complete or not; a later try resumes from here. */
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
 * Fetches a file from a storage address; resumes an earlier try; the file is complete or absent. Throws what `open`
 * throws, system errors, or a BrokenFileError.
 * Writing blocks, because for a small file the hops to another thread cost more than the write itself. So run it in a
 * worker thread, or rarely.
 */
export async function fetchFile(request: FetchRequest): Promise<FetchedFile> {
  const { target, etag, onEtag, onBytes, decodes = async () => true } = request
  const part = `${target}.part`
  const there = request.mayHavePart || etag !== null ? sizeOfPart(request) : 0
  const have = etag === null ? 0 : there
  const body = await receive(request, have, etag).catch((error: unknown) => {
    if (error instanceof OversizedError) {
      onEtag(null)
      removePart(request)
    }
    // Nothing follows the part: it belongs to another file, or is complete and only unchecked.
    const isBeyond = error instanceof PictographError && error.status === 416
    if (!isBeyond || have === 0) throw error
    removePart(request)
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
    // A wrong part must not be resumed.
    onEtag(null)
    removePart(request)
    throw error
  }
  return body.part === null ? writeWhole(request, chunks) : intoPlace(request, body.part)
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

/** Writes a small file, complete or not at all. */
function writeWhole(request: FetchRequest, chunks: readonly Buffer[]): Promise<FetchedFile> {
  using held = hold(request)
  const fd = openSync(held.pathOf(partName(request)), NEW_FILE, modeOf(request))
  let file: FetchedFile
  try {
    writeAll(fd, chunks)
    file = factsOf(fd)
  } finally {
    closeSync(fd)
  }
  return intoPlace(request, file)
}

/** `file`: its state while it was open. Systems other than Linux may store a later time when they close it. */
async function intoPlace(request: FetchRequest, file: FetchedFile): Promise<FetchedFile> {
  const { target } = request
  {
    using held = hold(request)
    renameSync(held.pathOf(partName(request)), held.pathOf(basename(target)))
  }
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
  // The system may write fewer bytes; on a full disk, the next call fails.
  if (written < wanted) writeAll(fd, [Buffer.concat(chunks).subarray(written)])
}

/** `total`: the length that the response promised. */
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
