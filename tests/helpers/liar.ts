import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What is answered instead of the service's answer `body`. Returns what it did, for reports. */
export type Lie = (body: Buffer, response: ServerResponse, line: string) => string

const DROPPED = ['host', 'connection', 'content-length', 'transfer-encoding']

/**
 * Stands between the app and a service: it passes each request on, and answers something else while a lie is set. The
 * service has done what was asked, unless the lie keeps the request from it.
 */
export async function liar(service: string) {
  let lie: { about: RegExp; how: Lie; isKept: boolean } | null = null
  const told: string[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = await buffer(request)
    const line = `${request.method} ${request.url}`
    const chosen = lie?.about.test(line) ? lie : null
    try {
      if (chosen?.isKept) {
        told.push(chosen.how(Buffer.alloc(0), response, line))
        return
      }
      const headers = Object.entries(request.headers).filter(([name]) => !DROPPED.includes(name))
      const real = await fetch(service + request.url, {
        method: request.method,
        headers: Object.fromEntries(headers) as Record<string, string>,
        redirect: 'manual',
        ...(body.length > 0 && { body }),
      })
      const answer = Buffer.from(await real.arrayBuffer())
      if (chosen) {
        told.push(chosen.how(answer, response, line))
        return
      }
      const type = real.headers.get('content-type')
      response.writeHead(real.status, { ...(type && { 'content-type': type }) }).end(answer)
    } catch {
      // The service is gone, or the app has hung up.
      response.destroy()
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was answered so far instead of the service's answers. */
    told,
    /** From now on, requests whose line (`GET /path?query`) matches are answered so. `isKept`: the service never hears of them. */
    lie(about: RegExp, how: Lie, { isKept = false } = {}) {
      lie = { about, how, isKept }
    },
    beHonest() {
      lie = null
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A program of this machine that must never be asked. */
export async function canary() {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get asked() {
      return asked
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
