import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Credits } from './credits.ts'
import { Faults, faultSchema } from './faults.ts'
import { answerErrors, gate, refuseUnknownQuery } from './gate.ts'
import { Jobs } from './jobs.ts'
import { Keys } from './keys.ts'
import { takeMultipart } from './multipart.ts'
import { Organization, type Role } from './organization.ts'
import { annotateJobRoutes } from './routes/annotate-jobs.ts'
import { annotationRoutes } from './routes/annotations.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { autoAnnotateRoutes } from './routes/auto-annotate.ts'
import { batchRoutes } from './routes/batch.ts'
import { coldStorageRoutes } from './routes/cold-storage.ts'
import { commentRoutes } from './routes/comments.ts'
import { connectorRoutes } from './routes/connectors.ts'
import { creditRoutes } from './routes/credits.ts'
import { datasetRoutes } from './routes/datasets.ts'
import { directoryRoutes } from './routes/directories.ts'
import { exportRoutes } from './routes/exports.ts'
import { imageRoutes } from './routes/images.ts'
import { jobRoutes } from './routes/jobs.ts'
import { modelRoutes } from './routes/models.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { organizationRoutes } from './routes/organizations.ts'
import { publicRoutes } from './routes/public.ts'
import { sam3Routes } from './routes/sam3.ts'
import { searchRoutes } from './routes/search.ts'
import { similarRoutes } from './routes/similar.ts'
import { taskRoutes } from './routes/tasks.ts'
import { trainingRoutes } from './routes/training.ts'
import { videoRoutes } from './routes/video.ts'
import { seed } from './seed.ts'
import { sendWithFault } from './send.ts'
import type { Service } from './service.ts'
import { State } from './state.ts'
import { Storage } from './storage.ts'

export interface EmulatorOptions {
  /** Folder for the database and the bytes. */
  dataDir: string
  /** 0 means any free port. */
  port?: number
  storagePort?: number
  /** Roles by key. */
  keys?: Readonly<Record<string, Role>>
  /** Requests per hour and key, reported in the headers of each answer; null: no limit and no headers. */
  hourlyLimit?: number | null
  /** Number of images that the plan allows; default: a million. */
  maxImages?: number
  /** Three different datasets; a number: the size of the large one. */
  seeded?: boolean | number
  /** Milliseconds since 1970; tests set it. */
  now?: () => number
  /**
   * Whether a save with a class that the dataset lacks is a 400, as the service's documentation says. By default it
   * is accepted, because the published SDK's own tests save such annotations on the real service.
   */
  refusesUnknownClasses?: boolean
}

export const DEFAULT_KEYS: Readonly<Record<string, Role>> = {
  pk_live_owner: 'owner',
  pk_live_admin: 'admin',
  pk_live_member: 'member',
  pk_live_viewer: 'viewer',
}

/** Error of the service's clock in milliseconds: signed addresses expire too early or too late. */
const clockSchema = z.strictObject({ skewMs: z.number() })

/** The routes, one file per subject. */
const ROUTES: readonly ((app: FastifyInstance, service: Service) => void)[] = [
  datasetRoutes,
  coldStorageRoutes,
  imageRoutes,
  annotationRoutes,
  batchRoutes,
  directoryRoutes,
  commentRoutes,
  exportRoutes,
  autoAnnotateRoutes,
  annotateJobRoutes,
  similarRoutes,
  sam3Routes,
  organizationRoutes,
  apiKeyRoutes,
  creditRoutes,
  jobRoutes,
  modelRoutes,
  trainingRoutes,
  searchRoutes,
  taskRoutes,
  notificationRoutes,
  videoRoutes,
  publicRoutes,
  connectorRoutes,
]

export interface Emulator extends AsyncDisposable {
  url: string
  state: State
  faults: Faults
  /** Requests to the API, as `METHOD /path`, oldest first. */
  requests: readonly { line: string; headers: Readonly<Record<string, unknown>> }[]
}

/** A local Pictograph service, written only from its contract. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  let skewMs = 0
  const now = () => (options.now ?? Date.now)() + skewMs
  const state = new State(options.dataDir)
  const faults = new Faults()
  const storage = new Storage(state.objectsDir, faults, now)
  const app = fastify({ bodyLimit: 64 * 1024 * 1024 })
  const { keys = DEFAULT_KEYS, hourlyLimit = null } = options
  const organization = new Organization(keys, {
    keys: new Keys(state.collection('key'), now, hourlyLimit),
    invites: state.collection('invite'),
    maxImages: options.maxImages ?? 1_000_000,
  })
  const jobs = new Jobs(state.collection('job'), now)
  const service: Service = {
    state,
    storage,
    organization,
    credits: new Credits(state.collection('ledger'), now),
    jobs,
    now,
    at: () => new Date(now()).toISOString(),
    origin: () => origin,
    refusesUnknownClasses: options.refusesUnknownClasses ?? false,
  }
  let origin = ''
  if (options.seeded) seed(state, options.seeded === true ? undefined : options.seeded)
  const requests: Emulator['requests'][number][] = []
  answerErrors(app)
  takeMultipart(app)
  gate(app, { organization, hourlyLimit, now, requests })
  refuseUnknownQuery(app)
  remember(app, state, now)
  strike(app, faults)
  for (const routes of ROUTES) routes(app, service)
  app.post('/__admin/faults', (request) => {
    faults.add(faultSchema.parse(request.body))
    return { ok: true }
  })
  app.post('/__admin/clock', (request) => {
    skewMs = clockSchema.parse(request.body).skewMs
    return { ok: true }
  })
  app.get('/__admin/traffic', () => storage.traffic)
  app.delete('/__admin/faults', () => {
    faults.clear()
    return { ok: true }
  })
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  await new Promise<void>((resolve) =>
    storage.server.listen(options.storagePort ?? 0, '127.0.0.1', resolve),
  )
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  storage.origin = `http://127.0.0.1:${(storage.server.address() as AddressInfo).port}`
  return {
    url: origin,
    state,
    faults,
    requests,
    [Symbol.asyncDispose]: async () => {
      jobs.close()
      app.server.closeAllConnections()
      storage.server.closeAllConnections()
      storage.server.close()
      await app.close()
      state.close()
    },
  }
}

/** A repeated write with the same key gets the first answer again and happens once. */
function remember(app: FastifyInstance, state: State, now: () => number): void {
  const keyOf = (request: { headers: Record<string, unknown>; method: string; url: string }) => {
    const key = request.headers['idempotency-key']
    return typeof key === 'string' ? `${key} ${request.method} ${request.url}` : null
  }
  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request)
    const known = key && state.answerOf(key, now())
    if (known) return reply.status(known.status).type('application/json').send(known.body)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const key = keyOf(request)
    if (key && reply.statusCode < 500 && reply.statusCode !== 429 && typeof payload === 'string')
      state.keepAnswer(key, reply.statusCode, payload, now())
    return payload
  })
}

/** Faults that spoil the answer instead of replacing it. */
const SPOILS_ANSWER: ReadonlySet<string> = new Set(['lose_answer', 'truncate', 'garbage', 'drip'])

function strike(app: FastifyInstance, faults: Faults): void {
  app.addHook('preHandler', async (request, reply) => {
    if (request.url.startsWith('/__admin')) return
    const fault = faults.strike(`${request.method} ${request.url}`)
    if (!fault) return
    // These faults need an answer first; the others replace it.
    if (SPOILS_ANSWER.has(fault.kind)) {
      Reflect.set(request, 'fault', fault)
      return
    }
    if (fault.kind === 'delay') {
      await new Promise((resolve) => setTimeout(resolve, fault.ms + Math.random() * fault.jitterMs))
      return
    }
    reply.hijack()
    await sendWithFault(reply.raw, 200, {}, Buffer.alloc(0), fault)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const fault = Reflect.get(request, 'fault')
    if (!fault) return payload
    const body = Buffer.isBuffer(payload) ? payload : Buffer.from(String(payload))
    reply.hijack()
    await sendWithFault(
      reply.raw,
      reply.statusCode,
      { 'content-type': 'application/json' },
      body,
      fault,
    )
    return payload
  })
}
