import { randomUUID } from 'node:crypto'
import { Agent, type Dispatcher, request } from 'undici'
import type { z } from 'zod'
import { RequestBudget } from './budget.ts'
import { errorOfAnswer, isErrorBody, isWebPage, readErrorBody, readFailure } from './error-body.ts'
import {
  NetworkError,
  PictographError,
  RateLimitError,
  RequestTimeoutError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from './errors.ts'
import { networkError } from './network-error.ts'
import { unknownOption } from './options.ts'
import {
  backoffMs,
  type Clock,
  isRetriedStatus,
  parseRateLimit,
  parseRetryAfter,
  systemClock,
} from './retry.ts'
import { guardedStorage } from './storage-guard.ts'

export const DEFAULT_BASE_URL = 'https://api.pictograph.io'
export const API_PREFIX = '/api/v1/developer'

/** Ten times the size of a thousand images with about a hundred polygons each. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024
/** An error body is one page at most. */
const MAX_ERROR_BYTES = 1024 * 1024

/** A slower answer is broken off: it would hold its caller for hours. Bytes a second, over the maximum silence. */
const SLOWEST = 100

/** If the service asks for a longer wait, the caller decides. Seconds. */
const LONGEST_WAIT_S = 120

export interface HttpOptions {
  apiKey: string
  baseUrl?: string
  /** Maximum silence of the service, in milliseconds. */
  timeoutMs?: number
  /** Retries after the first try. */
  maxRetries?: number
  /** Requests per hour; null if unknown. A given budget is shared with other clients of the same key. */
  budget?: RequestBudget
  /** `product/version` */
  userAgent?: string
  clock?: Clock
  /** Carries every request, e.g. through a proxy; it stays open when the client is closed. Default: an own pool. */
  dispatcher?: Dispatcher
  /**
   * How long a call may wait for the hourly budget before it fails as rate limited, in milliseconds. Default: two
   * minutes.
   */
  patienceMs?: number
  /** A longer answer is refused, in bytes. */
  maxAnswerBytes?: number
}

/** Options of every call. */
export interface CallOptions {
  signal?: AbortSignal
  /** 32 hex digits. Repeating a key returns the first answer again, also after a restart. */
  idempotencyKey?: string
  /** Retries of this call after the first try. */
  retries?: number
}

/** The call options that each method passes on. */
const CALL_KEYS: readonly string[] = [
  'signal',
  'idempotencyKey',
  'retries',
  'query',
  'body',
  'silenceMs',
]

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** A list repeats its key. */
export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>

interface Call extends CallOptions {
  query?: Query
  /** Sent as JSON; a form as multipart. */
  body?: unknown
  /** Maximum silence of the service, in milliseconds; default: the client's. */
  silenceMs?: number
}

interface Answer {
  status: number
  /** Maximum silence of the service, in milliseconds. */
  silenceMs: number
  header: (name: string) => string | null
  body: Dispatcher.ResponseData['body']
}

/** `sizeBytes`: as announced; null if not announced. */
export interface ReceivedBody {
  body: Dispatcher.ResponseData['body']
  sizeBytes: number | null
}

function receivedBody({ body, header }: Answer): ReceivedBody {
  const length = header('content-length')
  return { body, sizeBytes: length === null ? null : Number(length) }
}

export function newIdempotencyKey(): string {
  return randomUUID().replaceAll('-', '')
}

/** Encodes a name as one path segment. */
export const segment = (name: string): string => encodeURIComponent(name)

/** Encodes a path in a dataset; slashes stay. */
export function imagePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(segment)
    .join('/')
}

/** Sends requests to the service: key, idempotency, timeouts, retries, budget and errors as in its contract. */
export class Http {
  readonly baseUrl: URL
  readonly budget: RequestBudget
  readonly clock: Clock
  readonly #apiKey: string
  readonly #timeoutMs: number
  readonly #maxRetries: number
  readonly #patienceMs: number
  readonly #userAgent: string
  readonly #dispatcher: Dispatcher
  readonly #maxAnswerBytes: number
  #storage: Dispatcher | null = null
  /** null: the caller passed a dispatcher. */
  readonly #ownAgent: Agent | null

  constructor(options: HttpOptions) {
    this.baseUrl = new URL(options.baseUrl ?? DEFAULT_BASE_URL)
    if (!/^https?:$/.test(this.baseUrl.protocol))
      throw new TypeError(`The base URL must begin with https:// (it is ${this.baseUrl.href})`)
    if (options.apiKey.trim() === '') throw new TypeError('The API key is empty')
    this.clock = options.clock ?? systemClock
    this.budget = options.budget ?? new RequestBudget(null, this.clock)
    this.#apiKey = options.apiKey
    this.#maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#maxRetries = options.maxRetries ?? 3
    this.#patienceMs = options.patienceMs ?? LONGEST_WAIT_S * 1000
    this.#userAgent = options.userAgent ?? 'pictograph-desktop/0'
    this.#ownAgent = options.dispatcher
      ? null
      : new Agent({
          // The transfers decide how many of them are used.
          connections: 256,
          pipelining: 1,
          connect: { timeout: this.#timeoutMs },
        })
    this.#dispatcher = options.dispatcher ?? (this.#ownAgent as Agent)
  }

  /** Retries after the first try. */
  get maxRetries(): number {
    return this.#maxRetries
  }

  /** The shared connection pool for storage addresses from the service. */
  get dispatcher(): Dispatcher {
    this.#storage ??= guardedStorage(this.baseUrl, this.#dispatcher)
    return this.#storage
  }

  async close(): Promise<void> {
    await this.#ownAgent?.close()
  }

  /** Aborts running calls; for `using`, which cannot wait. */
  destroy(): void {
    void this.#ownAgent?.destroy()
  }

  /** Requests JSON from a route below the API's prefix and validates it. Throws a PictographError. */
  async json<T extends z.ZodType>(
    schema: T,
    method: Method,
    path: string,
    call: Call = {},
  ): Promise<z.infer<T>> {
    const route = `${method} ${API_PREFIX}${path}`
    const { json, requestId } = await this.#tryAgain(method, path, call, async (answer) => ({
      json: await readJson(answer, route, this.#maxAnswerBytes),
      requestId: answer.header('x-request-id'),
    }))
    if (isErrorBody(json)) {
      const { message, code } = readErrorBody(json)
      throw new UnexpectedAnswerError(
        `${route} answered with an error under a status of success: ${(message ?? 'no reason given').slice(0, 500)}`,
        { route, ...(code !== undefined && { code }), ...(requestId !== null && { requestId }) },
      )
    }
    const parsed = schema.safeParse(json)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const field = issue.path.map(String).join('.') || 'the answer'
    const problem = issue.message.replace(', received undefined', ', which is missing')
    throw new UnexpectedAnswerError(
      `${route} answered something unexpected: ${field}: ${problem}`,
      {
        route,
        ...(requestId !== null && { requestId }),
        details: { field },
      },
    )
  }

  /** Requests the bytes of a route below the API's prefix. The caller must read or destroy the body. */
  async bytes(path: string, call: Call = {}): Promise<ReceivedBody> {
    return this.#tryAgain('GET', path, call, async (answer) => receivedBody(answer))
  }

  /** The same for callers that read all of it: a broken body is requested again. */
  async receive<T>(
    path: string,
    call: Call,
    read: (received: ReceivedBody) => Promise<T>,
  ): Promise<T> {
    return this.#tryAgain('GET', path, call, (answer) => read(receivedBody(answer)))
  }

  /** The path below the API's prefix of an address from the service; its host is ignored. */
  ownPath(address: string): string {
    const { pathname, search } = new URL(address, this.baseUrl)
    const base = this.baseUrl.pathname.replace(/\/$/, '')
    const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname
    if (!path.startsWith(`${API_PREFIX}/`))
      throw new UnexpectedAnswerError(`The service gave an address outside its API: ${pathname}`, {
        route: pathname,
      })
    return path.slice(API_PREFIX.length) + search
  }

  async #tryAgain<T>(
    method: Method,
    path: string,
    call: Call,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    for (const name of Object.keys(call))
      if (!CALL_KEYS.includes(name)) throw unknownOption(`${method} ${API_PREFIX}${path}`, name, [])
    const writes = method === 'POST' || method === 'PUT' || method === 'PATCH'
    const key = writes ? (call.idempotencyKey ?? newIdempotencyKey()) : null
    for (let attempt = 0; ; attempt++) {
      const waitMs = this.budget.waitMs()
      if (waitMs > this.#patienceMs)
        throw new RateLimitError(
          'The requests of this hour are used up',
          { route: `${method} ${API_PREFIX}${path}` },
          Math.ceil(waitMs / 1000),
        )
      await this.budget.take(call.signal)
      try {
        return await read(await this.#send(method, path, call, key))
      } catch (error) {
        call.signal?.throwIfAborted()
        const pauseMs = this.#waitAfter(error, attempt, call.retries ?? this.#maxRetries)
        if (pauseMs === null) throw error
        if (error instanceof RateLimitError) this.budget.pause(pauseMs)
        else await this.clock.sleep(pauseMs, call.signal)
      }
    }
  }

  /** Milliseconds to wait before a retry; null: no retry. */
  #waitAfter(error: unknown, attempt: number, retries: number): number | null {
    const wait = backoffMs(attempt, this.clock.random())
    if (error instanceof RateLimitError) {
      this.budget.refused()
      const seconds = error.retryAfter ?? 0
      // Pause the others, too, so that each need not be refused.
      if (seconds > LONGEST_WAIT_S) this.budget.pause(seconds * 1000)
      if (seconds > LONGEST_WAIT_S || attempt >= retries) return null
      return Math.max(seconds * 1000, wait)
    }
    if (attempt >= retries) return null
    if (error instanceof NetworkError) return wait
    const status = (error as Partial<PictographError>).status ?? null
    return status !== null && isRetriedStatus(status) ? wait : null
  }

  async #send(method: Method, path: string, call: Call, key: string | null): Promise<Answer> {
    const route = `${method} ${API_PREFIX}${path}`
    const url = this.#url(path, call.query)
    const body = await encoded(call.body)
    const silenceMs = call.silenceMs ?? this.#timeoutMs
    let response: Dispatcher.ResponseData
    try {
      response = await request(url, {
        method,
        dispatcher: this.#dispatcher,
        signal: call.signal,
        // A timeout of silence, not of the whole: a large body may take as long as data keeps coming.
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        headers: {
          'x-api-key': this.#apiKey,
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...(key !== null && { 'idempotency-key': key }),
          ...(body && { 'content-type': body.type }),
        },
        ...(body && { body: body.content }),
      })
    } catch (error) {
      throw networkError(error, route)
    }
    const header = (name: string) => {
      const value = response.headers[name]
      return (Array.isArray(value) ? value[0] : value) ?? null
    }
    const told = parseRateLimit(header, this.clock.now())
    if (told) this.budget.told(told)
    const answer: Answer = { status: response.statusCode, silenceMs, header, body: response.body }
    if (answer.status >= 200 && answer.status < 300) return answer
    const text = await readText(answer, route, MAX_ERROR_BYTES).catch(() => '')
    if (answer.status >= 300 && answer.status < 400) throw redirected(answer, route)
    const { json, isForeign, fallback } = readFailure(answer.status, text)
    const retryAfter = parseRetryAfter(header('retry-after'), this.clock.now())
    const requestId = header('x-request-id')
    throw errorOfAnswer(
      answer.status,
      json,
      { route, isForeign, ...(requestId !== null && { requestId }) },
      retryAfter,
      fallback,
    )
  }

  #url(path: string, query: Query = {}): URL {
    const base = this.baseUrl.href.replace(/\/$/, '')
    refuseDots(path)
    const url = new URL(`${base}${API_PREFIX}${path}`)
    for (const [name, value] of Object.entries(query))
      if (Array.isArray(value)) for (const one of value) url.searchParams.append(name, one)
      else if (value !== undefined && value !== null) url.searchParams.set(name, String(value))
    return url
  }
}

/** No redirect is followed: it would take the key elsewhere, and no route of the service has one. */
function redirected({ status, header }: Answer, route: string): PictographError {
  const to = header('location')?.slice(0, 200) ?? 'nowhere'
  return new PictographError(
    `HTTP ${status}: the service’s address leads on to ${to}. A network that wants a login first may be in between, or the account’s address is out of date`,
    { route, status, isForeign: true },
  )
}

/** The encoded body; null: none. */
async function encoded(body: unknown): Promise<{ type: string; content: string | Buffer } | null> {
  if (body === undefined) return null
  if (!(body instanceof FormData))
    return { type: 'application/json', content: JSON.stringify(body) }
  // In memory, so that it can be sent again: the service accepts at most 25 MB.
  const form = new Response(body)
  const type = form.headers.get('content-type') ?? ''
  return { type, content: Buffer.from(await form.arrayBuffer()) }
}

/**
 * `.` and `..`, also percent-encoded, would lead to another route, and ids and names from the service are untrusted.
 * Throws a ValidationError.
 */
function refuseDots(path: string): void {
  const [route = ''] = path.split('?', 1)
  const isDots = (segment: string) => /^(\.|%2e){1,2}$/i.test(segment)
  if (route.split(/[/\\]/).some(isDots))
    throw new ValidationError(
      `“${path.slice(0, 200)}” names no dataset or image: a name of the service cannot be “.” or “..”`,
      { route: path },
      [],
    )
}

async function readText(
  { body, status, silenceMs }: Answer,
  route: string,
  maxBytes: number,
): Promise<string> {
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    let window = { beganMs: performance.now(), bytes: 0 }
    for await (const chunk of body) {
      bytes += chunk.length
      window.bytes += chunk.length
      const now = performance.now()
      if (now - window.beganMs > silenceMs) {
        if (window.bytes < (SLOWEST * silenceMs) / 1000)
          throw new RequestTimeoutError('The service answers too slowly', { route })
        window = { beganMs: now, bytes: 0 }
      }
      // Leaving the loop closes the connection.
      if (bytes > maxBytes)
        throw new UnexpectedAnswerError(
          `${route} answered more than ${maxBytes.toLocaleString('en')} bytes`,
          { route, status },
        )
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch (error) {
    throw error instanceof PictographError ? error : networkError(error, route)
  }
}

/** API answers are JSON and fit in memory; anything else is an error of the service. */
async function readJson(answer: Answer, route: string, maxBytes: number): Promise<unknown> {
  const text = await readText(answer, route, maxBytes)
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (error) {
    const requestId = answer.header('x-request-id')
    const isForeign = isWebPage(text)
    throw new ServerError(
      isForeign
        ? 'A web page came instead of the service’s answer: a network that wants a login first may be in between'
        : 'The service answered something that is not JSON',
      {
        route,
        status: answer.status,
        isForeign,
        cause: error,
        ...(requestId !== null && { requestId }),
      },
    )
  }
}
