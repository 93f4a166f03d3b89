import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { isLoopback } from '#core/network/proxy-rules.ts'
import { NotFoundError, PictographError, ServerError } from './errors.ts'
import { networkError } from './network-error.ts'

/** Maximum silence of storage, in milliseconds. */
const TRANSFER_TIMEOUT_MS = 300_000

/** Files up to this size are read whole: one buffer instead of a stream. Bytes. */
const SMALL_BYTES = 256_000

/** A storage address, which is another host and never gets the key. Throws a PictographError. */
function storageUrl(address: string): URL {
  const route = 'storage transfer'
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw new PictographError('The service gave a storage address that is none', { route })
  }
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  if (!isSafe)
    throw new PictographError(
      `The service gave an unsafe storage address (${url.protocol}//${url.host})`,
      {
        route,
      },
    )
  return url
}

/** The address without its query, which is the signature. */
const shown = ({ origin, pathname }: URL) => `${origin}${pathname}`

export interface TransferOptions {
  signal?: AbortSignal
  /** Bytes so far. */
  onProgress?: (bytes: number) => void
}

function counting(onProgress: TransferOptions['onProgress']): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      onProgress?.(bytes)
      done(null, chunk)
    },
  })
}

/** The beginning of storage's refusal: XML or text. */
async function reason(body: Readable): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk
      if (text.length > 2_000) break
    }
  } catch {
    // Use what has arrived.
  }
  return (/<Message>([^<]*)/i.exec(text)?.[1] ?? text).trim().slice(0, 200)
}

async function refused(status: number, body: Readable, route: string): Promise<PictographError> {
  const message = `The storage refused: HTTP ${status} ${await reason(body)}`
  const context = { route, status }
  // Storage refuses an expired address as forbidden or as a bad request.
  if (status === 404) return new NotFoundError(message, context)
  if (status >= 500) return new ServerError(message, context)
  return new PictographError(message, context)
}

/** True if a new signed address may fix the error. */
export function isExpired(error: unknown): boolean {
  return error instanceof PictographError && [400, 401, 403, 410].includes(error.status ?? 0)
}

/** Uploads a file to a signed address, streamed from disk. Throws a PictographError. */
export async function putFile(
  dispatcher: Dispatcher,
  address: string,
  file: string,
  contentType: string,
  { signal, onProgress }: TransferOptions = {},
): Promise<void> {
  const url = storageUrl(address)
  const route = `PUT ${shown(url)}`
  const { size } = await stat(file)
  const isSmall = size <= SMALL_BYTES
  const source = isSmall ? null : createReadStream(file)
  const counted = source?.pipe(counting(onProgress))
  source?.on('error', (error) => counted?.destroy(error))
  try {
    const body = counted ?? (await readFile(file))
    const response = await request(url, {
      method: 'PUT',
      dispatcher,
      signal,
      headersTimeout: TRANSFER_TIMEOUT_MS,
      bodyTimeout: TRANSFER_TIMEOUT_MS,
      headers: { 'content-type': contentType, 'content-length': String(size) },
      body,
    })
    if (response.statusCode !== 200 && response.statusCode !== 201)
      throw await refused(response.statusCode, response.body, route)
    await response.body.dump()
    if (isSmall) onProgress?.(size)
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof PictographError ? error : networkError(error, route)
  } finally {
    source?.destroy()
  }
}

/** The head of a storage response. */
export interface StorageHead {
  /** 206: the body continues from the requested byte; 200: it starts over. */
  status: number
  /** Bytes of this body; null if unknown. */
  sizeBytes: number | null
  /** For `If-Range` of a later try. */
  etag: string | null
}

interface StorageBody extends StorageHead {
  body: Dispatcher.ResponseData['body']
}

type Headers = Record<string, string | string[] | undefined>

function headOf(status: number, headers: Headers): StorageHead {
  const one = (name: string) => {
    const value = headers[name]
    return (Array.isArray(value) ? value[0] : value) ?? null
  }
  const length = one('content-length')
  return { status, sizeBytes: length === null ? null : Number(length), etag: one('etag') }
}

export interface GetOptions extends TransferOptions {
  fromByte?: number
  etag?: string | null
}

const getting = ({ fromByte = 0, etag }: GetOptions) => ({
  method: 'GET' as const,
  headersTimeout: TRANSFER_TIMEOUT_MS,
  bodyTimeout: TRANSFER_TIMEOUT_MS,
  headers: {
    ...(fromByte > 0 && { range: `bytes=${fromByte}-` }),
    ...(fromByte > 0 && etag && { 'if-range': etag }),
  },
})

const isGiven = (status: number) => status === 200 || status === 206

/** Downloads from a signed address, from a byte on. The caller must read or destroy the body. */
export async function getStorage(
  dispatcher: Dispatcher,
  address: string,
  options: GetOptions = {},
): Promise<StorageBody> {
  const url = storageUrl(address)
  const route = `GET ${shown(url)}`
  const { signal } = options
  try {
    const response = await request(url, { ...getting(options), dispatcher, signal })
    if (!isGiven(response.statusCode))
      throw await refused(response.statusCode, response.body, route)
    return { ...headOf(response.statusCode, response.headers), body: response.body }
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof PictographError ? error : networkError(error, route)
  }
}

/** Receives a body. An error that it throws ends the transfer and is rethrown. */
export interface StorageSink {
  onHead: (head: StorageHead) => void
  /** The sink may keep the chunk; nobody writes to it again. */
  onData: (chunk: Buffer) => void
}

/**
 * Writes a body of the API to a sink from its first byte, because the service cannot resume. Throws what the sink
 * throws.
 */
export async function pour(
  { body, sizeBytes }: { body: Dispatcher.ResponseData['body']; sizeBytes: number | null },
  sink: StorageSink,
): Promise<void> {
  try {
    sink.onHead({ status: 200, sizeBytes, etag: null })
    for await (const chunk of body) sink.onData(chunk)
  } catch (error) {
    // A body that is not read to its end would keep its connection open.
    body.on('error', () => {}).destroy()
    throw error
  }
}

/**
 * The same for thousands of small files: without a stream per answer, which is a third of the cost. Throws a
 * PictographError, or what the sink threw.
 */
export async function receiveStorage(
  dispatcher: Dispatcher,
  address: string,
  options: GetOptions,
  sink: StorageSink,
): Promise<void> {
  const url = storageUrl(address)
  const route = `GET ${shown(url)}`
  const { signal } = options
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let refusal: { status: number; chunks: Buffer[] } | null = null
  let fault: { error: unknown } | null = null
  // A request that waits for a connection has nothing to abort yet.
  let stop = () => reject(signal?.reason)
  const onAbort = () => stop()
  const end = () => signal?.removeEventListener('abort', onAbort)
  if (signal?.aborted) throw signal.reason
  signal?.addEventListener('abort', onAbort)
  const guarded = (controller: Dispatcher.DispatchController, work: () => void) => {
    try {
      work()
    } catch (error) {
      fault = { error }
      controller.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
  dispatcher.dispatch(
    { ...getting(options), origin: url.origin, path: url.pathname + url.search },
    {
      onRequestStart: (controller) => {
        stop = () => controller.abort(new Error('Stopped'))
        if (signal?.aborted) stop()
      },
      onResponseStart: (controller, status, headers) => {
        // 1xx responses (103, early hints) are not the answer.
        if (status < 200) return
        if (isGiven(status)) guarded(controller, () => sink.onHead(headOf(status, headers)))
        else refusal = { status, chunks: [] }
      },
      onResponseData: (controller, chunk) => {
        if (refusal) {
          // The page may be long; its message is at the beginning.
          if (refusal.chunks.length < 4) refusal.chunks.push(chunk)
        } else guarded(controller, () => sink.onData(chunk))
      },
      onResponseEnd: () => {
        end()
        if (refusal) refused(refusal.status, Readable.from(refusal.chunks), route).then(reject)
        else resolve()
      },
      onResponseError: (_controller, error) => {
        end()
        if (signal?.aborted) reject(signal.reason)
        // The refusal's text broke off; report the refusal anyway.
        else if (refusal) refused(refusal.status, Readable.from(refusal.chunks), route).then(reject)
        else reject(fault ? fault.error : networkError(error, route))
      },
    },
  )
  return promise
}
