import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Organization } from './organization.ts'
import { InvalidRequest, Problem } from './problems.ts'
import { isQueryChecked } from './service.ts'

const HOUR_MS = 3_600_000

/** Requests of the last hour by key. */
class HourlyLimit {
  readonly #now: () => number
  /** When requests arrived, oldest first; those before `from` are older than an hour. */
  readonly #made = new Map<string, { times: number[]; from: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Counts a request. Throws a 429 above the limit; returns the rate limit headers. */
  count(key: string, limit: number): Record<string, string> {
    const made = this.#made.get(key) ?? { times: [], from: 0 }
    this.#made.set(key, made)
    while (made.from < made.times.length && made.times[made.from] <= this.#now() - HOUR_MS)
      made.from++
    if (made.from > 10_000) {
      made.times.splice(0, made.from)
      made.from = 0
    }
    const isFull = made.times.length - made.from >= limit
    if (!isFull) made.times.push(this.#now())
    // With a limit of 0, no request ever expires.
    const freeAt = (made.times[made.from] ?? this.#now()) + HOUR_MS
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(limit - (made.times.length - made.from)),
      'x-ratelimit-reset': String(Math.ceil(freeAt / 1000)),
    }
    if (!isFull) return headers
    const seconds = Math.max(1, Math.ceil((freeAt - this.#now()) / 1000))
    throw new Problem(429, 'rate_limited', 'The hourly limit is reached', {
      headers: { ...headers, 'retry-after': String(seconds) },
    })
  }
}

interface GateOptions {
  organization: Organization
  hourlyLimit: number | null
  now: () => number
  requests: { line: string; headers: Readonly<Record<string, unknown>> }[]
}

/** Checks keys and the hourly limit, and gives each request an id. */
export function gate(app: FastifyInstance, options: GateOptions): void {
  const { organization, hourlyLimit, now, requests } = options
  const hourly = new HourlyLimit(now)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', randomUUID())
    if (request.url.startsWith('/__admin')) return
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    const key = String(request.headers['x-api-key'] ?? '')
    const found = organization.personOf(key)
    if (!found)
      throw new Problem(
        401,
        'unauthorized',
        key === '' ? 'An API key is required' : 'Invalid API key',
      )
    Reflect.set(request, 'person', found.person)
    // A key's own cap can only be lower than the plan's limit.
    const limit = Math.min(hourlyLimit ?? Infinity, found.rateLimit ?? Infinity)
    if (Number.isFinite(limit)) reply.headers(hourly.count(key, limit))
  })
}

/** Handlers of these methods check the query themselves; others accept none unless they declare it. */
const LOOK: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'PUT'])

/** Refuses a query that the route does not know, before anything is changed. */
export function refuseUnknownQuery(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    if (request.url.startsWith('/__admin') || request.is404) return
    if (LOOK.has(request.method) || request.routeOptions.config.query) return
    const names = Object.keys(request.query ?? {})
    if (names.length > 0)
      throw new InvalidRequest(names.map((name) => ({ loc: ['query', name], msg: 'is unknown' })))
  })
  // A handler that does not check its query would accept anything, which is a bug of the emulator.
  app.addHook('preSerialization', async (request, reply, payload) => {
    const isOurs = request.url.startsWith('/api/') && reply.statusCode < 400
    if (LOOK.has(request.method) && isOurs && !isQueryChecked(request))
      throw new Error(`${request.routeOptions.url} does not check its query`)
    return payload
  })
}

/** Formats errors as the service does. */
export function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => {
    const problem = new Problem(404, 'not_found', 'There is no such route')
    reply.status(404).send(problem.body)
  })
  app.setErrorHandler((error, _request, reply) => {
    const problem = error instanceof Problem ? error : asProblem(error)
    reply.status(problem.status).headers(problem.headers).send(problem.body)
  })
}

function asProblem(error: unknown): Problem {
  const status = (error as { statusCode?: number }).statusCode ?? 500
  const message = error instanceof Error ? error.message : String(error)
  return new Problem(status, status < 500 ? 'validation_error' : 'internal_error', message)
}
