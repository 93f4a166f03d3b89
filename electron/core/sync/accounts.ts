import type { Dispatcher } from 'undici'
import {
  AuthenticationError,
  Client,
  ForbiddenError,
  type HttpOptions,
  NetworkError,
  NotFoundError,
  PictographError,
  RequestBudget,
  ServerError,
  UnexpectedAnswerError,
} from '#core/api/client.ts'
import type { Clock } from '#core/api/retry.ts'
import type { AccountRepository, StoredAccount } from '#core/cache/account-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { isLoopback } from '#core/network/proxy-rules.ts'
import type { Log, Secrets } from '#core/ports.ts'
import { isOffline, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { Account } from '#shared/model/account.ts'

/** While the service is unreachable, the delay between probes doubles between these two, in milliseconds. */
const PROBE_FIRST_MS = 1_000
const PROBE_LONGEST_MS = 5_000
/** Unpushed edits wait and retry by themselves; more retries within a call would only make the user wait. */
const RETRIES = 1
/** A call that would wait longer than this for the hourly request limit fails and says when to retry. Milliseconds. */
const PATIENCE_MS = 5_000
/** Minimum time between two request-count events to a window, in milliseconds. */
const TELL_EVERY_MS = 500

interface Deps {
  accounts: AccountRepository
  secrets: Secrets
  events: EventBus
  log: Log
  appVersion: string
  clock: Clock
  /** Carries all requests, through a proxy if this network needs one. */
  dispatcher: Dispatcher
}

interface Connection {
  budget: RequestBudget
  client: Client | null
  state: Account['state']
  problem: string | null
  probe: AbortController | null
  toldAtMs: number
  tellTimer: NodeJS.Timeout | null
}

/** The name of an account's key in the secret store. */
export const secretName = (accountId: string) => `account ${accountId}`

/** Normalizes an address: no trailing slash, nothing after the path. Throws a UserError. */
export function cleanBaseUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    throw new UserError(
      'bad_address',
      `“${text}” is not an address. It looks like https://api.pictograph.io`,
    )
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    throw new UserError(
      'bad_address',
      `The address must begin with https://, because ${url.protocol}// would send the key unencrypted.`,
    )
  return (url.origin + url.pathname).replace(/\/+$/, '')
}

/** Explains why an account cannot be added: a bad key, address or network. */
function refusal(error: unknown, baseUrl: string): UserError {
  const isForeign = error instanceof PictographError && error.isForeign
  if (!isForeign && error instanceof AuthenticationError)
    return new UserError(
      'key_refused',
      `The service at ${baseUrl} does not accept this key (${error.message}). Copy it again from Pictograph’s settings.`,
      { cause: error, requestId: error.requestId },
    )
  if (!isForeign && error instanceof ForbiddenError) return toServiceError(error)
  const isElse =
    isForeign ||
    error instanceof NotFoundError ||
    error instanceof UnexpectedAnswerError ||
    (error instanceof ServerError && error.status !== null && error.status < 300)
  if (isElse)
    return new UserError(
      'bad_address',
      `Something answers at ${baseUrl}, but it is not Pictograph. Check the address.`,
      { cause: error },
    )
  if (error instanceof NetworkError)
    return new UserError(
      'offline',
      `${error.message}. Check the address (${baseUrl}) and the network.`,
      { cause: error },
    )
  return toServiceError(error)
}

/** The service accounts: their clients, whether the service is reachable, and the hourly request budget. */
export class Accounts {
  readonly #deps: Deps
  readonly #clock: Clock
  readonly #connections = new Map<string, Connection>()
  readonly #online = new Set<(accountId: string) => void>()
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#clock = deps.clock
  }

  list(): Account[] {
    return this.#deps.accounts.list().map((account) => this.#describe(account))
  }

  /** Explains why keys are not stored safely on this machine; null if they are. */
  warning(): Promise<string | null> {
    return this.#deps.secrets.warning()
  }

  /** Checks the key against the service and stores it. Throws a UserError that names the problem. */
  async add(address: string, apiKey: string): Promise<Account> {
    const baseUrl = cleanBaseUrl(address)
    const key = apiKey.trim()
    if (key === '') throw new UserError('key_missing', 'Enter the API key.')
    using client = this.#client({ baseUrl, apiKey: key, maxRetries: 0 })
    const organization = await client.organizations.me().catch((error: unknown) => {
      throw refusal(error, baseUrl)
    })
    const { accounts, secrets } = this.#deps
    const known = accounts
      .list()
      .find((item) => item.organizationId === organization.id && item.baseUrl === baseUrl)
    const account =
      known ??
      accounts.create({
        baseUrl,
        organizationId: organization.id,
        organization: organization.name,
        tier: organization.subscription_tier ?? null,
      })
    await secrets.set(secretName(account.id), key)
    // A new key for a known organisation replaces the old one.
    await this.#drop(account.id)
    this.#tell(account.id)
    for (const listener of this.#online) listener(account.id)
    return this.#describe(account)
  }

  /** Forgets the key. Remove the account's datasets first. */
  async remove(accountId: string): Promise<void> {
    await this.#drop(accountId)
    await this.#deps.secrets.delete(secretName(accountId))
    this.#deps.accounts.remove(accountId)
    this.#deps.events.publish({ type: 'account-removed', accountId })
  }

  /** Requests per hour; null if unknown. */
  setLimit(accountId: string, hourlyLimit: number | null): Account {
    const { accounts } = this.#deps
    accounts.setLimit(accountId, hourlyLimit)
    this.#connection(accountId).budget.setLimit(hourlyLimit)
    return this.#describe(accounts.get(accountId))
  }

  has(accountId: string): boolean {
    return this.#deps.accounts.list().some(({ id }) => id === accountId)
  }

  isOnline(accountId: string): boolean {
    return this.#connection(accountId).state === 'online'
  }

  budget(accountId: string): RequestBudget {
    return this.#connection(accountId).budget
  }

  /** Calls the listener when the service becomes reachable again. */
  onOnline(listener: (accountId: string) => void): void {
    this.#online.add(listener)
  }

  /**
   * Calls the service, and learns from the result whether it is reachable. While it is known to be unreachable,
   * throws a UserError at once; otherwise throws what the client throws.
   */
  async run<T>(accountId: string, work: (client: Client) => Promise<T>): Promise<T> {
    const connection = this.#connection(accountId)
    if (this.#isClosed) throw new UserError('closed', 'The app is closing.')
    if (connection.state !== 'online')
      throw new UserError(
        connection.state === 'offline' ? 'offline' : 'key_refused',
        connection.problem ?? 'The service cannot be reached.',
      )
    const client = await this.#connect(accountId, connection)
    try {
      return await work(client)
    } catch (error) {
      this.#learn(accountId, connection, error)
      throw error
    }
  }

  /** Like `run`, for other hosts than the service: a failure there says nothing about the service. */
  async aside<T>(accountId: string, work: (client: Client) => Promise<T>): Promise<T> {
    return work(await this.#connect(accountId, this.#connection(accountId)))
  }

  /** Retries now, for example on the user's request. */
  async probe(accountId: string): Promise<Account> {
    const connection = this.#connection(accountId)
    await this.#ask(accountId, connection)
    return this.#describe(this.#deps.accounts.get(accountId))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#connections.keys()].map((id) => this.#drop(id)))
  }

  #client(options: Omit<HttpOptions, 'userAgent' | 'clock' | 'dispatcher'>) {
    return new Client({
      ...options,
      userAgent: `pictograph-desktop/${this.#deps.appVersion}`,
      clock: this.#clock,
      dispatcher: this.#deps.dispatcher,
    })
  }

  #connection(accountId: string): Connection {
    const known = this.#connections.get(accountId)
    if (known) return known
    const { hourlyLimit } = this.#deps.accounts.get(accountId)
    const connection: Connection = {
      budget: new RequestBudget(hourlyLimit, this.#clock),
      client: null,
      state: 'online',
      problem: null,
      probe: null,
      toldAtMs: 0,
      tellTimer: null,
    }
    connection.budget.subscribe(({ plan }) => {
      const account = this.#deps.accounts.get(accountId)
      // The service knows the plan better than the settings do.
      if (plan !== account.hourlyLimit) this.#deps.accounts.setLimit(accountId, plan)
      this.#tell(accountId)
    })
    this.#connections.set(accountId, connection)
    return connection
  }

  /** The base URL of an account's service. */
  serviceOf(accountId: string): URL {
    return new URL(this.#deps.accounts.get(accountId).baseUrl)
  }

  async #connect(accountId: string, connection: Connection): Promise<Client> {
    if (connection.client) return connection.client
    const { accounts, secrets } = this.#deps
    const { baseUrl } = accounts.get(accountId)
    const apiKey = await secrets.get(secretName(accountId))
    if (apiKey === null) {
      connection.state = 'refused'
      connection.problem =
        'The key of this account can no longer be read. Add the account again with its key.'
      this.#tell(accountId)
      throw new UserError('key_refused', connection.problem)
    }
    connection.client ??= this.#client({
      baseUrl,
      apiKey,
      maxRetries: RETRIES,
      patienceMs: PATIENCE_MS,
      budget: connection.budget,
    })
    return connection.client
  }

  #learn(accountId: string, connection: Connection, error: unknown): void {
    // Meanwhile the account got a new key or was removed.
    if (this.#isClosed || this.#connections.get(accountId) !== connection) return
    if (error instanceof AuthenticationError && !error.isForeign) {
      this.#setState(accountId, connection, 'refused', toServiceError(error).message)
    } else if (isOffline(error) && connection.state === 'online') {
      this.#setState(accountId, connection, 'offline', toServiceError(error).message)
      this.#deps.log.info('offline', { account: accountId })
      connection.probe = new AbortController()
      void this.#keepAsking(accountId, connection, connection.probe.signal)
    }
  }

  #setState(
    accountId: string,
    connection: Connection,
    state: Account['state'],
    problem: string | null,
  ): void {
    connection.state = state
    connection.problem = problem
    this.#tell(accountId)
  }

  /** Probes until the service answers; "the key is invalid" is an answer, too. */
  async #keepAsking(accountId: string, connection: Connection, signal: AbortSignal): Promise<void> {
    try {
      for (let pauseMs = PROBE_FIRST_MS; connection.state === 'offline'; ) {
        await this.#clock.sleep(pauseMs, signal)
        await this.#ask(accountId, connection)
        pauseMs = Math.min(pauseMs * 2, PROBE_LONGEST_MS)
      }
    } catch {
      // The account was removed, or the app is closing.
    }
  }

  async #ask(accountId: string, connection: Connection): Promise<void> {
    const client = await this.#connect(accountId, connection)
    try {
      await client.organizations.me()
    } catch (error) {
      // Any other error is an answer: the service is reachable.
      if (isOffline(error)) return
      if (error instanceof AuthenticationError && !error.isForeign) {
        this.#setState(accountId, connection, 'refused', toServiceError(error).message)
        return
      }
    }
    if (connection.state === 'online') return
    connection.probe?.abort()
    this.#setState(accountId, connection, 'online', null)
    this.#deps.log.info('online', { account: accountId })
    for (const listener of this.#online) listener(accountId)
  }

  async #drop(accountId: string): Promise<void> {
    const connection = this.#connections.get(accountId)
    if (!connection) return
    this.#connections.delete(accountId)
    connection.probe?.abort()
    if (connection.tellTimer) clearTimeout(connection.tellTimer)
    connection.client?.[Symbol.dispose]()
  }

  #describe(account: StoredAccount): Account {
    const { state, problem, budget } = this.#connection(account.id)
    const { used, pausedUntilMs } = budget.state
    return {
      id: account.id,
      baseUrl: account.baseUrl,
      organization: account.organization,
      tier: account.tier,
      hourlyLimit: account.hourlyLimit,
      state,
      problem,
      used,
      pausedUntilMs,
    }
  }

  /** Sends the account's state to the windows, debounced. */
  #tell(accountId: string): void {
    const connection = this.#connection(accountId)
    const send = () => {
      connection.tellTimer = null
      connection.toldAtMs = Date.now()
      if (this.#isClosed || !this.#connections.has(accountId)) return
      const account = this.#describe(this.#deps.accounts.get(accountId))
      this.#deps.events.publish({ type: 'account', account })
    }
    if (connection.tellTimer) return
    const wait = connection.toldAtMs + TELL_EVERY_MS - Date.now()
    if (wait <= 0) send()
    else connection.tellTimer = setTimeout(send, wait)
  }
}
