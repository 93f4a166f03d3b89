import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import type { AppCore } from '#core/app-core.ts'
import { createRouter } from '#core/rpc/router.ts'
import { appRequests } from '#core/web/app-requests.ts'
import { rendererFiles } from '#core/web/renderer-files.ts'
import { CLAIM_PARAMETER, RPC_PROTOCOL, SESSION_PATH } from '#shared/contract/connect.ts'
import { CAUTIOUS_HEADERS, sendNotice } from './notice-page.ts'
import { bearerOf, protocolSecretOf, Session } from './session.ts'

export interface ServeOptions {
  core: AppCore
  rendererDir: string
  /** Tried in this order; 0 means any free port. */
  ports: readonly number[]
  /** The interface to listen on; loopback unless the user chose another. */
  host: string
  /** What may wait for a window that does not read. Bytes. */
  mostUnreadBytes?: number
  /** Called with a new address after somebody opened a used one. */
  onNewAddress: (url: string) => void
}

export interface Served extends AsyncDisposable {
  /** Contains a one-time token. */
  url: string
  port: number
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])
/** All interfaces. */
const WILDCARD = new Set(['0.0.0.0', '::'])
/** Minimum time between two new addresses, in milliseconds. */
const NEW_ADDRESS_EVERY_MS = 5_000
/** Maximum size of a message from a window: an edit of about ten thousand shapes. Bytes. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024

/** As much may wait for a slow window; a window that reads takes milliseconds for it. Bytes. */
const MOST_UNREAD_BYTES = 128 * 1024 * 1024
/** A window that has read nothing for this long does not read. Milliseconds. */
const UNREAD_LOOK_MS = 2_000

/** Every request that is not read-only needs the page's secret in addition to the cookie. */
const changes = ({ method = 'GET' }: IncomingMessage) => method !== 'GET' && method !== 'HEAD'

/** The host names by which a browser may reach us when we listen on `host`. */
function ownNames(host: string): ReadonlySet<string> {
  if (!WILDCARD.has(host)) return new Set([host, `[${host}]`])
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return new Set([
    hostname(),
    ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  ])
}

/** The host name in the printed address. */
function shownName(host: string): string {
  if (LOOPBACK.has(host)) return '127.0.0.1'
  if (!WILDCARD.has(host)) return host.includes(':') ? `[${host}]` : host
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return (
    addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? hostname()
  )
}

/** Accepts `/` and what follows, but not `//` or `/\\`, which would be read as a host; null: invalid. */
function addressOf({ headers, url = '/' }: IncomingMessage): URL | null {
  return /^\/(?![/\\])/.test(url) ? URL.parse(`http://${headers.host}${url}`) : null
}

function toWebRequest(request: IncomingMessage, url: URL): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  if (request.method !== 'PUT') return new Request(url, { method: request.method, headers })
  const body = Readable.toWeb(request) as ReadableStream<Uint8Array>
  // A separate variable, because the browser's types, with which this file is checked, too, lack the field.
  const init = { method: 'PUT', headers, body, duplex: 'half' as const }
  return new Request(url, init)
}

async function send(response: Response, out: ServerResponse): Promise<void> {
  out.writeHead(response.status, Object.fromEntries(response.headers))
  if (!response.body) {
    out.end()
    return
  }
  // A window that closes in the middle of a picture is not an error.
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    out,
  ).catch(() => {})
}

async function listen(
  server: ReturnType<typeof createServer>,
  ports: readonly number[],
  host: string,
) {
  for (const [index, port] of ports.entries()) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject).listen(port, host, resolve)
    try {
      await promise
      server.off('error', reject)
      return (server.address() as AddressInfo).port
    } catch (error) {
      server.off('error', reject)
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!taken || index === ports.length - 1) throw error
    }
  }
  throw new Error('No port to listen on')
}

/** Serves the app to a browser: page and pictures over HTTP, RPC over a WebSocket, for one user only. */
export async function serve({
  core,
  rendererDir,
  ports,
  host,
  onNewAddress,
  mostUnreadBytes = MOST_UNREAD_BYTES,
}: ServeOptions): Promise<Served> {
  const session = new Session(core.ports.dataDir)
  const files = rendererFiles(rendererDir, (url) => `ws://${url.host}`)
  const requests = appRequests(core, files)
  const rpc = new RPCHandler(createRouter(core))
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    // The page's secret is sent as a second protocol; do not repeat it.
    handleProtocols: () => RPC_PROTOCOL,
  })
  let newAddressAt = 0

  /**
   * A page of another site may send requests to this port or point its own name to it; its Host or Origin header
   * reveals that.
   */
  const isOurs = (request: IncomingMessage): boolean => {
    const { host: asked = '', origin } = request.headers
    const name = asked.replace(/:\d+$/, '')
    const allowed = LOOPBACK.has(name) || (!LOOPBACK.has(host) && ownNames(host).has(name))
    return allowed && (origin === undefined || origin === `http://${asked}`)
  }

  const newAddress = () => {
    newAddressAt = Date.now()
    onNewAddress(address())
  }

  const enter = (token: string, request: IncomingMessage, response: ServerResponse) => {
    const claim = session.redeem(token)
    if (claim) {
      // After `#`, which browsers do not send to servers; the page removes it from the address.
      const location = `/#${CLAIM_PARAMETER}=${claim}`
      response.writeHead(303, { location, 'set-cookie': session.cookie }).end()
    } else if (session.knowsCookie(request)) response.writeHead(303, { location: '/' }).end()
    else {
      if (Date.now() - newAddressAt > NEW_ADDRESS_EVERY_MS) newAddress()
      sendNotice(response, 403, {
        title: 'This address has been used',
        text: 'It works once. The terminal that runs Pictograph Desktop shows a new one.',
      })
    }
  }

  /** `POST /session` gives a page its secret and this run's cookie; `DELETE /session` signs everybody out. */
  const answerSession = (request: IncomingMessage, response: ServerResponse) => {
    const given = bearerOf(request)
    if (request.method === 'DELETE' && session.knowsSecret(given)) {
      session.signOut()
      for (const client of sockets.clients) client.terminate()
      response.writeHead(204).end()
      newAddress()
      return
    }
    const secret = request.method === 'POST' ? session.exchange(given) : null
    if (secret === null) response.writeHead(401).end()
    else
      response
        .writeHead(200, { 'content-type': 'application/json', 'set-cookie': session.cookie })
        .end(JSON.stringify({ secret }))
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(CAUTIOUS_HEADERS)) response.setHeader(name, value)
    if (!isOurs(request)) {
      response.writeHead(403).end('Forbidden')
      return
    }
    const url = addressOf(request)
    if (url === null) {
      response.writeHead(400).end('Bad request')
      return
    }
    const token = url.searchParams.get('token')
    if (url.pathname === '/' && token !== null) enter(token, request, response)
    else if (url.pathname === SESSION_PATH) answerSession(request, response)
    else if (!session.knowsCookie(request)) {
      sendNotice(response, 401, {
        title: 'Not signed in',
        text: 'Open the address that the terminal shows, with its token.',
        signsInAgain: true,
      })
    } else if (changes(request) && !session.knowsSecret(bearerOf(request)))
      response.writeHead(403).end('Forbidden')
    else await send(await requests(toWebRequest(request, url)), response)
  }

  const server = createServer((request, response) => {
    // No request may end the process that holds the labels.
    answer(request, response).catch((error: unknown) => {
      core.ports.log.warn('bad request', { error: String(error) })
      if (!response.headersSent) response.writeHead(400)
      response.end()
    })
  })

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (
      !isOurs(request) ||
      !session.knowsCookie(request) ||
      !session.knowsSecret(protocolSecretOf(request)) ||
      request.url !== '/rpc' ||
      !request.headers.origin
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) => {
        core.ports.log.warn('window connection failed', { error: error.message })
      })
      void rpc.upgrade(webSocket, { context: { log: core.ports.log, window: null } })
    })
  })

  // Drops windows that read nothing, for example of a suspended browser: what they miss they read when they reconnect.
  const unread = new WeakMap<object, number>()
  const unreadTimer = setInterval(() => {
    for (const client of sockets.clients) {
      const { bufferedAmount } = client
      const before = unread.get(client) ?? 0
      unread.set(client, bufferedAmount)
      if (bufferedAmount <= mostUnreadBytes || bufferedAmount < before) continue
      core.ports.log.warn('a window does not read and is dropped', { bytes: bufferedAmount })
      client.terminate()
    }
  }, UNREAD_LOOK_MS)
  unreadTimer.unref()

  const port = await listen(server, ports, host)
  const name = shownName(host)
  const address = () => `http://${name}:${port}/?token=${session.token}`
  return {
    url: address(),
    port,
    [Symbol.asyncDispose]: async () => {
      clearInterval(unreadTimer)
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
