import { isLoopback } from '#core/network/proxy-rules.ts'
import { AuthenticationError, ValidationError } from './errors.ts'
import { DEFAULT_BASE_URL, type HttpOptions } from './http.ts'
import { refuseUnknown } from './options.ts'

/** Missing options come from the environment, then from the defaults. */
export interface ClientOptions extends Omit<HttpOptions, 'apiKey' | 'timeoutMs'> {
  /** Default: `PICTOGRAPH_API_KEY`. */
  apiKey?: string
  /** Default: `PICTOGRAPH_BASE_URL`, else `https://api.pictograph.io`. */
  baseUrl?: string
  /** Maximum silence of the service, in seconds. Default: `PICTOGRAPH_TIMEOUT`, else 30. */
  timeout?: number
  /** Retries after the first try. Default: `PICTOGRAPH_MAX_RETRIES`, else 3. */
  maxRetries?: number
}

const KNOWN: readonly (keyof ClientOptions)[] = [
  'apiKey',
  'baseUrl',
  'timeout',
  'maxRetries',
  'budget',
  'userAgent',
  'clock',
  'dispatcher',
  'patienceMs',
]

const ROUTE = { route: 'new Client' }

/** Reads a number from the options or the environment. Throws a ValidationError that names its source. */
function numberFrom(
  given: number | undefined,
  name: string,
  { env, variable, least }: { env: NodeJS.ProcessEnv; variable: string; least: number },
): number | undefined {
  const fromEnv = given === undefined ? env[variable]?.trim() : undefined
  if (given === undefined && !fromEnv) return undefined
  const value = given ?? Number(fromEnv)
  if (Number.isFinite(value) && value >= least) return value
  const field = given === undefined ? variable : name
  const message = `${field} must be a number of at least ${least} (it is ${given ?? fromEnv})`
  throw new ValidationError(message, ROUTE, [{ field, message }])
}

/** The service's address. Throws a ValidationError if it would send the key unencrypted. */
function checkedUrl(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const text = given ?? (env.PICTOGRAPH_BASE_URL?.trim() || DEFAULT_BASE_URL)
  const url = URL.parse(text)
  const isHere = url !== null && isLoopback(url)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)) return text
  const field = given === undefined ? 'PICTOGRAPH_BASE_URL' : 'baseUrl'
  const message = `${field} must begin with https:// (it is ${text}): the key could be read on its way`
  throw new ValidationError(message, ROUTE, [{ field, message }])
}

/**
 * The options of a client, completed from the environment. Throws an AuthenticationError without a key, and a
 * ValidationError for an unknown or invalid option.
 */
export function httpOptions(options: ClientOptions, env: NodeJS.ProcessEnv): HttpOptions {
  refuseUnknown('new Client', options, KNOWN)
  const { apiKey, baseUrl, timeout, maxRetries, ...others } = options
  const key = (apiKey ?? env.PICTOGRAPH_API_KEY ?? '').trim()
  if (key === '')
    throw new AuthenticationError(
      apiKey === undefined
        ? 'There is no API key: set the environment variable PICTOGRAPH_API_KEY, or pass apiKey'
        : 'The API key is empty: pass another apiKey, or leave it out and set PICTOGRAPH_API_KEY',
      ROUTE,
    )
  // Fail here, because HTTP would refuse it as a header with an unhelpful message.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new AuthenticationError('The API key holds characters that no key has', ROUTE)
  const seconds = numberFrom(timeout, 'timeout', {
    env,
    variable: 'PICTOGRAPH_TIMEOUT',
    least: 0.001,
  })
  const retries = numberFrom(maxRetries, 'maxRetries', {
    env,
    variable: 'PICTOGRAPH_MAX_RETRIES',
    least: 0,
  })
  return {
    ...others,
    apiKey: key,
    baseUrl: checkedUrl(baseUrl, env),
    ...(seconds !== undefined && { timeoutMs: seconds * 1000 }),
    ...(retries !== undefined && { maxRetries: Math.floor(retries) }),
  }
}
