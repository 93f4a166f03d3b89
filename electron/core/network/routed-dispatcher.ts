import { Agent, buildConnector, Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici'
import { trustWith } from './certificates.ts'

/** How to reach an address; plain data, so that threads can receive it. */
export interface NetworkRoute {
  /** The proxy's URL with its login; null: direct. */
  proxy: string | null
  /** Absolute path of a PEM file with additional trusted certificates; null: none. */
  caFile: string | null
}

/** Maximum time to connect, in milliseconds. */
const CONNECT_MS = 30_000
/** The transfers decide how many of them are used. */
const CONNECTIONS = 256

/**
 * Connects directly. Certificates are loaded with the first encrypted connection, because a service on this machine
 * needs none.
 */
function directly(caFile: string | null): buildConnector.connector {
  const plain = buildConnector({ timeout: CONNECT_MS })
  let encrypted: Promise<buildConnector.connector> | null = null
  return (options, callback) => {
    if (options.protocol !== 'https:') return plain(options, callback)
    encrypted ??= trustWith(caFile).then((secureContext) =>
      buildConnector({ timeout: CONNECT_MS, secureContext }),
    )
    encrypted.then(
      (connect) => connect(options, callback),
      (error: Error) => callback(error, null),
    )
  }
}

/** Opens a connection pool for a route. Rejects with a UserError about the certificate file. */
export async function openPool({ proxy, caFile }: NetworkRoute): Promise<Dispatcher> {
  const options = { connections: CONNECTIONS, pipelining: 1 }
  if (proxy === null) return new Agent({ ...options, connect: directly(caFile) })
  const tls = { secureContext: await trustWith(caFile) }
  if (proxy.startsWith('socks5:'))
    // Not with ProxyAgent: given certificates for the proxy, it would speak TLS to this proxy, too.
    return new Socks5ProxyAgent(proxy, {
      ...options,
      requestTls: tls,
      connectTimeout: CONNECT_MS,
    })
  return new ProxyAgent({
    ...options,
    uri: proxy,
    requestTls: tls,
    proxyTls: tls,
    connectTimeout: CONNECT_MS,
    // Without a tunnel, plain HTTP would show signed storage addresses to the proxy.
    proxyTunnel: true,
  })
}

/** Pools by route, opened on first use. */
export class Pools {
  readonly #pools = new Map<string, Promise<Dispatcher>>()

  /** Rejects with a UserError about the certificate file. */
  get(route: NetworkRoute): Promise<Dispatcher> {
    const key = JSON.stringify([route.proxy, route.caFile])
    const known = this.#pools.get(key)
    if (known) return known
    const pool = openPool(route)
    this.#pools.set(key, pool)
    pool.catch(() => this.#pools.delete(key))
    return pool
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map(async (pool) => (await pool).close()))
  }

  async destroy(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map(async (pool) => (await pool).destroy()))
  }
}

/** Sends each request along the route of its address, which may have to be looked up first. */
export class RoutedDispatcher extends Dispatcher {
  #pools = new Pools()
  /** Pools of earlier routes, kept while requests use them. */
  readonly #old = new Set<Pools>()
  readonly #routeTo: (url: URL) => Promise<NetworkRoute>

  constructor(routeTo: (url: URL) => Promise<NetworkRoute>) {
    super()
    this.#routeTo = routeTo
  }

  /** New requests look up their route again; connections of the old routes close after their last request. */
  renew(): void {
    const old = this.#pools
    this.#pools = new Pools()
    this.#old.add(old)
    void old.close().finally(() => this.#old.delete(old))
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    this.#routeTo(new URL(String(options.origin)))
      .then((route) => this.#pools.get(route))
      .then((pool) => pool.dispatch(options, handler))
      .catch((error: Error) => handler.onResponseError?.(NOT_STARTED, error))
    return true
  }

  async #each(end: (pools: Pools) => Promise<void>): Promise<void> {
    await Promise.all([this.#pools, ...this.#old].map(end))
  }

  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | undefined {
    const closed = this.#each((pools) => pools.close())
    if (!callback) return closed
    closed.then(callback, callback)
    return undefined
  }

  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(first?: unknown, second?: () => void): Promise<void> | undefined {
    const callback = typeof first === 'function' ? (first as () => void) : second
    const destroyed = this.#each((pools) => pools.destroy())
    if (!callback) return destroyed
    destroyed.then(callback, callback)
    return undefined
  }
}

/** The controller of a request without a route: there is nothing to pause or abort. */
const NOT_STARTED: Dispatcher.DispatchController = {
  get aborted() {
    return true
  },
  get paused() {
    return false
  },
  get reason() {
    return null
  },
  abort: () => {},
  pause: () => {},
  resume: () => {},
}
