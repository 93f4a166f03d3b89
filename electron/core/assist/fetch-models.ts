import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Dispatcher, request } from 'undici'
import { z } from 'zod'
import { makeFolder } from '#core/make-folder.ts'
import { isLoopback } from '#core/network/proxy-rules.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '#core/private-files.ts'
import type { Accounts } from '#core/sync/accounts.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import {
  type CatalogueEntry,
  catalogueEntrySchema,
  type ModelFetch,
  type ServiceModel,
} from '#shared/model/assist-model.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { Models, StoredModel } from './models.ts'

interface Deps {
  models: Models
  accounts: Pick<Accounts, 'run'>
  /** Carries the requests, over a proxy where this network has one. */
  dispatcher: Dispatcher
  /** Told while something is fetched, and when the last one ends. */
  onProgress: (running: ModelFetch[]) => void
}

const catalogueSchema = z.union([
  z.array(catalogueEntrySchema),
  z.object({ models: z.array(catalogueEntrySchema) }).transform(({ models }) => models),
])

/** A catalogue of thousands of entries is far smaller, bytes. */
const MOST_CATALOGUE_BYTES = 5_000_000
/** How often a window is told how far it is, milliseconds. */
const TELL_EVERY_MS = 250
/** Addresses of large files often lead on to a store. */
const MOST_REDIRECTS = 5

/** Fetches models from the service and from addresses of a catalogue: only when asked, and each checked before it is taken. */
export class FetchModels {
  readonly #deps: Deps
  readonly #running = new Map<ModelFetch, AbortController>()
  #toldAt = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  get running(): ModelFetch[] {
    return [...this.#running.keys()].map((fetch) => ({ ...fetch }))
  }

  /** By name; the download that runs rejects. */
  cancel(name: string): void {
    for (const [fetch, stop] of this.#running)
      if (fetch.name === name) stop.abort(new UserError('cancelled', `${name} was not fetched.`))
  }

  /** The models of an account that can run here. */
  async ofService(accountId: string): Promise<ServiceModel[]> {
    return this.#deps.accounts.run(accountId, async (client) => {
      const models: ServiceModel[] = []
      for await (const model of client.models.list())
        if (model.status === 'ready')
          models.push({
            id: model.id,
            name: model.name,
            modelType: model.model_type ?? null,
            architecture: model.architecture ?? null,
            version: typeof model.version === 'string' ? model.version : null,
          })
      return models
    })
  }

  /** Throws a UserError, or what the client throws. */
  async fromService(accountId: string, modelId: string): Promise<StoredModel> {
    return this.#deps.accounts.run(accountId, async (client) => {
      const model = await client.models.get(modelId)
      const { versions, files } = await client.models.files(modelId)
      const current = versions?.find(({ is_current }) => is_current === true) ?? versions?.[0]
      const sizeBytes =
        files?.find(
          ({ version_id, kind, format }) =>
            version_id === current?.version_id &&
            kind === 'weights' &&
            (format ?? 'onnx') === 'onnx',
        )?.size_bytes ?? null
      return this.#fetching(model.name, sizeBytes, async (part, fetch, signal) => {
        // The client writes this name until the file is whole.
        const look = setInterval(() => {
          stat(`${part}.part`).then(
            ({ size }) => this.#tell(fetch, size),
            () => {},
          )
        }, TELL_EVERY_MS)
        try {
          await client.models.download(modelId, part, { signal })
        } finally {
          clearInterval(look)
        }
        const { size } = await stat(part)
        if (sizeBytes !== null && size !== sizeBytes)
          throw new UserError(
            'model_checksum',
            `${model.name} has ${size} bytes, but the service announced ${sizeBytes}. Nothing was kept; try again.`,
          )
        return this.#deps.models.take(part, `${model.name}.onnx`, {
          name: model.name,
          version: typeof model.version === 'string' ? model.version : null,
          source: 'pictograph',
          classes: model.class_mapping?.classes ?? null,
        })
      })
    })
  }

  /** What a catalogue's file names; nothing is fetched. Throws a UserError that names the field. */
  async readCatalogue(file: string): Promise<CatalogueEntry[]> {
    const info = await stat(file).catch((error: unknown) => {
      throw toUserError(error, file)
    })
    if (info.size > MOST_CATALOGUE_BYTES)
      throw new UserError('bad_catalogue', `${file} is too large for a catalogue of models.`)
    let content: unknown
    try {
      content = JSON.parse(await readFile(file, 'utf8'))
    } catch (error) {
      throw new UserError('bad_catalogue', `${file} is no JSON: ${messageOf(error)}`, {
        cause: error,
      })
    }
    const entries = Array.isArray(content) ? z.array(catalogueEntrySchema) : catalogueSchema
    const parsed = entries.safeParse(content)
    if (!parsed.success)
      throw new UserError('bad_catalogue', `${file}: ${z.prettifyError(parsed.error)}`)
    for (const { name, address } of parsed.data) mayFetch(name, new URL(address))
    return parsed.data
  }

  async fromCatalogue(entry: CatalogueEntry): Promise<StoredModel> {
    const { name, address, sizeBytes, sha256, licence, version } = entry
    return this.#fetching(name, sizeBytes, async (part, fetch, signal) => {
      const body = await this.#open(name, new URL(address), signal)
      const hash = createHash('sha256')
      const count = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          hash.update(chunk)
          const bytes = fetch.doneBytes + chunk.length
          if (bytes > sizeBytes)
            return done(
              new UserError(
                'model_checksum',
                `${name} is larger than the ${sizeBytes} bytes that the catalogue names. Nothing was kept.`,
              ),
            )
          this.#tell(fetch, bytes)
          done(null, chunk)
        },
      })
      await pipeline(body, count, createWriteStream(part, { mode: PRIVATE_FILE }), { signal })
      const found = hash.digest('hex')
      if (found !== sha256.toLowerCase())
        throw new UserError(
          'model_checksum',
          `${name} is not the file that the catalogue names: its SHA-256 is ${found}, not ${sha256}. Nothing was kept.`,
        )
      const fileName = decodeURIComponent(basename(new URL(address).pathname)) || `${name}.onnx`
      return this.#deps.models.take(part, fileName, {
        name,
        version,
        licence,
        sha256,
        source: 'catalogue',
      })
    })
  }

  async #open(name: string, address: URL, signal: AbortSignal) {
    let url = address
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      mayFetch(name, url)
      const answer = await request(url, { dispatcher: this.#deps.dispatcher, signal }).catch(
        (error: unknown) => {
          signal.throwIfAborted()
          throw new UserError('offline', `${url.host} cannot be reached: ${messageOf(error)}`, {
            cause: error,
          })
        },
      )
      if (answer.statusCode === 200) return answer.body
      await answer.body.dump()
      const { location } = answer.headers
      if (answer.statusCode < 300 || answer.statusCode >= 400 || typeof location !== 'string')
        throw new UserError(
          'not_found',
          `${url.href} answers ${answer.statusCode}: ${name} is not there.`,
        )
      const next = new URL(location, url)
      // An address of the network must not lead to programs of this machine.
      if (isLoopback(next) && !isLoopback(url))
        throw new UserError('bad_address', `${url.host} leads to this machine, which is refused.`)
      url = next
    }
    throw new UserError('bad_address', `${address.host} leads on and on.`)
  }

  async #fetching(
    name: string,
    totalBytes: number | null,
    work: (part: string, fetch: ModelFetch, signal: AbortSignal) => Promise<StoredModel>,
  ): Promise<StoredModel> {
    const { models } = this.#deps
    await makeFolder(models.folder, PRIVATE_FOLDER)
    const part = models.newPart()
    const fetch: ModelFetch = { name, doneBytes: 0, totalBytes }
    const stop = new AbortController()
    this.#running.set(fetch, stop)
    this.#deps.onProgress(this.running)
    try {
      return await work(part, fetch, stop.signal)
    } catch (error) {
      stop.signal.throwIfAborted()
      throw error
    } finally {
      this.#running.delete(fetch)
      await rm(part, { force: true })
      this.#deps.onProgress(this.running)
    }
  }

  #tell(fetch: ModelFetch, doneBytes: number): void {
    fetch.doneBytes = doneBytes
    const now = performance.now()
    if (now - this.#toldAt < TELL_EVERY_MS) return
    this.#toldAt = now
    this.#deps.onProgress(this.running)
  }

  [Symbol.dispose](): void {
    for (const stop of this.#running.values())
      stop.abort(new UserError('ended', 'The app is ending.'))
  }
}

/** Models come over https alone, so that nobody on the way exchanges them; from this machine as they are. */
function mayFetch(name: string, url: URL): void {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    throw new UserError('bad_address', `${name}: ${url.href} does not begin with https://.`)
}
