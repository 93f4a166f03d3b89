import { connect } from 'node:net'

/** How long a proxy may take to accept a connection before the next one is tried, in milliseconds. */
const CONNECT_MS = 3_000
/** How long a result is cached: a laptop changes networks, and thousands of requests share it. Milliseconds. */
const KEPT_MS = 30_000

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
}

function accepts(proxy: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(proxy)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || DEFAULT_PORTS[protocol],
    timeout: CONNECT_MS,
  })
  socket
    .once('connect', () => resolve(true))
    .once('timeout', () => resolve(false))
    .once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** Chooses among the proxies that the system names for an address, as browsers do. */
export class ReachableProxies {
  readonly #known = new Map<string, { accepts: Promise<boolean>; untilMs: number }>()

  /**
   * Returns the first candidate that accepts a connection; null means a direct connection, which needs no check. If
   * none accepts, returns the first one, because its error explains the problem.
   */
  async first(candidates: readonly (string | null)[]): Promise<string | null> {
    const [preferred = null] = candidates
    if (candidates.length <= 1) return preferred
    for (const candidate of candidates)
      if (candidate === null || (await this.#accepts(candidate))) return candidate
    return preferred
  }

  forget(): void {
    this.#known.clear()
  }

  #accepts(proxy: string): Promise<boolean> {
    const now = performance.now()
    const known = this.#known.get(proxy)
    if (known && known.untilMs > now) return known.accepts
    const asked = accepts(proxy)
    this.#known.set(proxy, { accepts: asked, untilMs: now + KEPT_MS })
    return asked
  }
}
