import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { isLoopback } from '#core/network/proxy-rules.ts'
import { NotFoundError, PictographError, ServerError } from './errors.ts'
import { networkError } from './network-error.ts'

/** Storage may be silent for this long while it reads or writes, milliseconds. */
const TRANSFER_TIMEOUT_MS = 300_000

/** Up to this size a file is read whole: one buffer instead of a stream. Bytes. */
const SMALL_BYTES = 256_000

/** An address of storage: another host than the service's, so it never gets the key. Throws a PictographError. */
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

/** What of an address may be shown: its query is its signature. */
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

/** The first words of what storage says when it refuses: XML or text. */
async function reason(body: Readable): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk
      if (text.length > 2_000) break
    }
  } catch {
    // What came so far must do.
  }
  return (/<Message>([^<]*)/i.exec(text)?.[1] ?? text).trim().slice(0, 200)
}

async function refused(status: number, body: Readable, route: string): Promise<PictographError> {
  const message = `The storage refused: HTTP ${status} ${await reason(body)}`
  const context = { route, status }
  // A signed address that has expired is refused as forbidden or as a bad request.
  if (status === 404) return new NotFoundError(message, context)
  if (status >= 500) return new ServerError(message, context)
  return new PictographError(message, context)
}

/** Whether an error of a transfer is one that a new signed address may mend. */
export function isExpired(error: unknown): boolean {
  return error instanceof PictographError && [400, 401, 403, 410].includes(error.status ?? 0)
}

/** Puts a file's bytes to a signed address, from disk as they are read. Throws a PictographError. */
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

/** What storage says before it gives a body. */
export interface StorageHead {
  /** 206: the body continues where it was asked to; 200: it begins anew. */
  status: number
  /** Bytes of this body; null when storage does not say. */
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

/** Gets what lies at a signed address, from a byte on. The caller reads or destroys the body. */
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

/** Takes a body as it comes; what it throws ends the transfer, and is thrown there. */
export interface StorageSink {
  onHead: (head: StorageHead) => void
  /** To keep: nobody writes into it again. */
  onData: (chunk: Buffer) => void
}

/** Pours a body of the API into a sink, from its first byte on: the service continues nothing. Throws what the sink throws. */
export async function pour(
  { body, sizeBytes }: { body: Dispatcher.ResponseData['body']; sizeBytes: number | null },
  sink: StorageSink,
): Promise<void> {
  try {
    sink.onHead({ status: 200, sizeBytes, etag: null })
    for await (const chunk of body) sink.onData(chunk)
  } catch (error) {
    // A body that is not read to its end would hold its connection for good.
    body.on('error', () => {}).destroy()
    throw error
  }
}

/**
 * The same for thousands of small files: without the stream that each answer is otherwise given, which is a third of
 * what it costs. Throws a PictographError, or what the sink threw.
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
  // What waits for a connection has nothing to be ended yet.
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
        // What is said in between (103, early hints) is not the answer.
        if (status < 200) return
        if (isGiven(status)) guarded(controller, () => sink.onHead(headOf(status, headers)))
        else refusal = { status, chunks: [] }
      },
      onResponseData: (controller, chunk) => {
        if (refusal) {
          // A page may be long; what is said is at its beginning.
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
        // Why it refused broke off; that it did is known.
        else if (refusal) refused(refusal.status, Readable.from(refusal.chunks), route).then(reject)
        else reject(fault ? fault.error : networkError(error, route))
      },
    },
  )
  return promise
}
