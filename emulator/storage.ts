import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { drawnImage } from './drawn-image.ts'
import type { Faults } from './faults.ts'
import { sendWithFault } from './send.ts'
import { etagOf } from './state.ts'

const NAME = /^[0-9a-f-]{36}$/

/** Signed addresses on a separate port, which expire and take no key. */
export class Storage {
  readonly #objectsDir: string
  readonly #secret = randomUUID()
  readonly #faults: Faults
  readonly #now: () => number
  /** By object, because the bytes of an object never change. */
  readonly #etags = new Map<string, string>()
  readonly server
  readonly #sockets = new Set<Socket>()
  readonly #closed = { sentBytes: 0, receivedBytes: 0 }
  origin = ''

  constructor(objectsDir: string, faults: Faults, now: () => number) {
    this.#objectsDir = objectsDir
    this.#faults = faults
    this.#now = now
    this.server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) this.#refuse(response, 500, 'InternalError', String(error))
        else response.destroy()
      })
    })
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        this.#closed.sentBytes += socket.bytesWritten
        this.#closed.receivedBytes += socket.bytesRead
      })
    })
  }

  /** Bytes on the wire, including headers. */
  get traffic(): { sentBytes: number; receivedBytes: number } {
    let { sentBytes, receivedBytes } = this.#closed
    for (const { bytesWritten, bytesRead } of this.#sockets) {
      sentBytes += bytesWritten
      receivedBytes += bytesRead
    }
    return { sentBytes, receivedBytes }
  }

  /** A signed address for one method on one object. */
  sign(method: 'GET' | 'PUT', object: string, minutes: number): string {
    const expires = Math.floor(this.#now() / 1000) + minutes * 60
    const signature = this.#signature(method, object, expires)
    return `${this.origin}/${object}?expires=${expires}&signature=${signature}`
  }

  newObject(): string {
    return randomUUID()
  }

  /** Stores bytes in a new object. */
  async keep(bytes: Buffer): Promise<string> {
    const object = this.newObject()
    await writeFile(join(this.#objectsDir, object), bytes)
    return object
  }

  has(object: string): boolean {
    return object.startsWith('made:') || existsSync(join(this.#objectsDir, object))
  }

  async bytes(object: string): Promise<Buffer> {
    if (object.startsWith('made:')) return drawnImage(Number(object.slice(5)))
    return readFile(join(this.#objectsDir, object))
  }

  #signature(method: string, object: string, expires: number): string {
    return createHmac('sha256', this.#secret).update(`${method} ${object} ${expires}`).digest('hex')
  }

  #refuse(response: ServerResponse, status: number, code: string, message: string): void {
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
  }

  async #thumbnail(object: string, response: ServerResponse): Promise<void> {
    if (!this.has(object)) return this.#refuse(response, 404, 'NoSuchKey', 'No such picture')
    const small = await sharp(await this.bytes(object))
      .resize({ width: 240 })
      .webp()
      .toBuffer()
    const fault = this.#faults.strike(`STORAGE GET /thumbnail/${object}`)
    await sendWithFault(response, 200, { 'content-type': 'image/webp' }, small, fault)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin)
    const object = decodeURIComponent(url.pathname.slice(1))
    const method = request.method ?? 'GET'
    // A key that arrives here has leaked.
    if (request.headers['x-api-key'] !== undefined)
      return this.#refuse(response, 400, 'UnexpectedKey', 'Storage takes no API key')
    // The CDN's thumbnails are public to whoever knows their address.
    if (object.startsWith('thumbnail/')) return this.#thumbnail(object.slice(10), response)
    const expires = Number(url.searchParams.get('expires'))
    const given = Buffer.from(url.searchParams.get('signature') ?? '')
    const right = Buffer.from(this.#signature(method, object, expires))
    if (given.length !== right.length || !timingSafeEqual(given, right))
      return this.#refuse(response, 403, 'SignatureDoesNotMatch', 'The signature does not match')
    if (expires * 1000 < this.#now())
      return this.#refuse(response, 400, 'ExpiredToken', 'The provided token has expired')
    const fault = this.#faults.strike(`STORAGE ${method} /${object}`)
    if (method === 'PUT') {
      if (!NAME.test(object)) return this.#refuse(response, 400, 'InvalidName', 'No such name')
      if (fault?.kind === 'delay') await setTimeout(fault.ms + Math.random() * fault.jitterMs)
      if (fault?.kind === 'reset') return void request.socket.destroy()
      if (fault?.kind === 'status')
        return this.#refuse(response, fault.status, 'Fault', 'As asked for')
      const part = join(this.#objectsDir, `${object}.part`)
      await pipeline(request, createWriteStream(part)).catch(async (error: unknown) => {
        await rm(part, { force: true })
        throw error
      })
      await rename(part, join(this.#objectsDir, object))
      this.#etags.delete(object)
      if (fault?.kind === 'lose_answer') return void request.socket.destroy()
      response.writeHead(200).end()
      return
    }
    if (!this.has(object))
      return this.#refuse(response, 404, 'NoSuchKey', 'There is no such object')
    const bytes = await this.bytes(object)
    const etag = this.#etags.get(object) ?? etagOf(bytes)
    this.#etags.set(object, etag)
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
    const from = range && isSame ? Number(range[1]) : 0
    // RFC 9110, 15.5.17: the range is beyond the end.
    if (from > 0 && from >= bytes.length)
      return this.#refuse(response, 416, 'InvalidRange', 'The range cannot be satisfied')
    const headers: Record<string, string> = { etag, 'accept-ranges': 'bytes' }
    if (from > 0) headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
    await sendWithFault(response, from > 0 ? 206 : 200, headers, bytes.subarray(from), fault)
  }
}
