import { z } from 'zod'
import type { Secrets } from '#core/ports.ts'
import { UserError } from '#core/user-error.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { readCertificates } from './certificates.ts'
import {
  isLoopback,
  parseExceptions,
  parsePacResult,
  parseProxyAddress,
  rulesOfEnvironment,
  withLogin,
} from './proxy-rules.ts'
import { ReachableProxies } from './reachable-proxy.ts'
import { type NetworkRoute, RoutedDispatcher } from './routed-dispatcher.ts'

/** A route is cached per origin for this time, because thousands of requests per second share it. Milliseconds. */
const KEPT_MS = 5_000

/** Name of the secret with a proxy's login. */
const LOGIN = 'proxy-login'
/**
 * `proxy`: host and port of the proxy that the login was entered for. Only that one gets it, because a network can
 * name any proxy.
 */
const loginSchema = z.object({ proxy: z.string(), user: z.string(), password: z.string() })
export type ProxyLogin = z.infer<typeof loginSchema>

export type NetworkSettings = Pick<
  Settings,
  'networkProxy' | 'networkProxyAddress' | 'networkProxyExceptions' | 'networkCaFile'
>

interface Deps {
  settings: () => NetworkSettings
  secrets: Secrets
  /** The system's answer for an address in PAC form; null: this host uses the environment. */
  resolveProxy: ((url: string) => Promise<string>) | null
  env?: NodeJS.ProcessEnv
}

/** This machine's route to others: the proxy and trusted certificates, for API and storage alike. */
export class Network {
  readonly #deps: Deps
  readonly #environment: (url: URL) => string | null
  #login: Promise<ProxyLogin | null> | null = null
  readonly #reachable = new ReachableProxies()
  readonly #routes = new Map<string, { route: Promise<NetworkRoute>; untilMs: number }>()
  /** Carries all requests of this thread; other threads ask for routes. */
  readonly dispatcher: RoutedDispatcher

  constructor(deps: Deps) {
    this.#deps = deps
    this.#environment = rulesOfEnvironment(deps.env ?? process.env)
    this.dispatcher = new RoutedDispatcher((url) => this.routeTo(url))
  }

  routeTo(url: URL): Promise<NetworkRoute> {
    const now = performance.now()
    const known = this.#routes.get(url.origin)
    if (known && known.untilMs > now) return known.route
    const route = this.#find(url)
    this.#routes.set(url.origin, { route, untilMs: now + KEPT_MS })
    return route
  }

  /** The settings changed: find all routes again. */
  forgetRoutes(): void {
    this.#login = null
    this.#routes.clear()
    this.#reachable.forget()
    this.dispatcher.renew()
  }

  async #find(url: URL): Promise<NetworkRoute> {
    const { networkCaFile: caFile } = this.#deps.settings()
    const proxy = isLoopback(url) ? null : await this.#proxyFor(url)
    return { proxy: proxy === null ? null : withLogin(proxy, await this.#loginOf(proxy)), caFile }
  }

  async #loginOf(proxy: string): Promise<ProxyLogin | null> {
    const login = await this.#readLogin()
    return login?.proxy === new URL(proxy).host ? login : null
  }

  /** The proxy for an address, for display without its login. `loginFor`: the proxy that has a stored login. */
  async describe(url: URL): Promise<{ proxy: string | null; loginFor: string | null }> {
    const login = await this.#readLogin()
    const { proxy } = await this.routeTo(url)
    return { proxy: proxy === null ? null : new URL(proxy).host, loginFor: login?.proxy ?? null }
  }

  /** Stores the proxy's name and password with the accounts' keys; null deletes them. */
  async setLogin(login: ProxyLogin | null): Promise<void> {
    if (login === null) await this.#deps.secrets.delete(LOGIN)
    else await this.#deps.secrets.set(LOGIN, JSON.stringify(login))
    this.forgetRoutes()
  }

  /** Throws a UserError if the settings cannot work, so that they are not saved. */
  static check({ networkProxy, networkProxyAddress, networkCaFile }: NetworkSettings): void {
    const proxy = parseProxyAddress(networkProxyAddress)
    if (networkProxy === 'manual' && proxy === null)
      throw new UserError(
        'proxy_address',
        `“${networkProxyAddress}” is not a proxy address. Write it as proxy.example:8080.`,
      )
    if (proxy && (proxy.username !== '' || proxy.password !== ''))
      throw new UserError(
        'proxy_address',
        'Enter the name and password below, not in the address. They are stored with the keys of your accounts.',
      )
    if (networkCaFile !== null) readCertificates(networkCaFile)
  }

  async #proxyFor(url: URL): Promise<string | null> {
    const { networkProxy, networkProxyAddress, networkProxyExceptions } = this.#deps.settings()
    if (networkProxy === 'none') return null
    if (networkProxy === 'manual')
      return parseExceptions(networkProxyExceptions)(url)
        ? null
        : (parseProxyAddress(networkProxyAddress)?.href ?? null)
    const { resolveProxy } = this.#deps
    return resolveProxy === null
      ? this.#environment(url)
      : this.#reachable.first(parsePacResult(await resolveProxy(url.href)))
  }

  /** Cached until restart, so that the keyring is not asked for each request. */
  #readLogin(): Promise<ProxyLogin | null> {
    this.#login ??= this.#deps.secrets
      .get(LOGIN)
      .then((text) => (text === null ? null : loginSchema.parse(JSON.parse(text))))
      .catch(() => null)
    return this.#login
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher.destroy()
  }
}
