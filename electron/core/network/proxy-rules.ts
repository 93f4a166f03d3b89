import { BlockList, isIP } from 'node:net'

/** Which proxy an address is reached by: its URL, or null for a direct connection. */
export type ProxyRule = (url: URL) => string | null

/** This machine itself is never reached by a proxy, as in browsers. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith('.localhost')
  )
}

/** A host without the brackets that a URL puts around an IPv6 address. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, '')

const familyOf = (address: string): 'ipv4' | 'ipv6' | null =>
  (({ 4: 'ipv4', 6: 'ipv6' }) as const)[isIP(address) as 4 | 6] ?? null

/** One address, or a network where bits are given. */
function addressException(address: string, bits: number | null): (url: URL) => boolean {
  const family = familyOf(address)
  if (family === null) return () => false
  const addresses = new BlockList()
  try {
    if (bits === null) addresses.addAddress(address, family)
    else addresses.addSubnet(address, bits, family)
  } catch {
    // More bits than such an address has.
    return () => false
  }
  return ({ hostname }) =>
    familyOf(bare(hostname)) === family && addresses.check(bare(hostname), family)
}

/** One entry of NO_PROXY as curl reads it: a name with all below it, an address, a network, each perhaps with a port. */
function exceptionOf(entry: string): (url: URL) => boolean {
  if (entry === '*') return () => true
  const cidr = /^([\d.]+|\[?[\da-f:.]+\]?)\/(\d+)$/i.exec(entry)
  if (cidr) return addressException(bare(cidr[1]), Number(cidr[2]))
  if (isIP(bare(entry)) === 6) return addressException(bare(entry), null)
  const [, name = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  const domain = name.replace(/^\*?\./, '').toLowerCase()
  return (url) => {
    const actualPort = url.port || (url.protocol === 'https:' ? '443' : '80')
    const isBelow = url.hostname === domain || url.hostname.endsWith(`.${domain}`)
    return isBelow && (port === undefined || port === actualPort)
  }
}

/** Exceptions of NO_PROXY, between commas or spaces. */
export function parseExceptions(text: string): (url: URL) => boolean {
  const exceptions = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => exceptionOf(entry))
  return (url) => exceptions.some((matches) => matches(url))
}

/** A proxy's address as people write it (`proxy:8080` is an HTTP proxy); null when it is none. */
export function parseProxyAddress(text: string): URL | null {
  // curl's socks5h lets the proxy look names up, which is done with every SOCKS5 proxy here.
  const address = text.trim().replace(/^socks(5h)?:\/\//i, 'socks5://')
  if (address === '') return null
  try {
    const url = new URL(/^\w+:\/\//.test(address) ? address : `http://${address}`)
    return /^(https?|socks5):$/.test(url.protocol) && url.hostname !== '' ? url : null
  } catch {
    return null
  }
}

/** The rules of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case, as curl follows them. */
export function rulesOfEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyRule {
  const value = (name: string) => env[name.toLowerCase()] || env[name] || ''
  const isExcepted = parseExceptions(value('NO_PROXY'))
  return (url) => {
    const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
    const proxy = parseProxyAddress(value(name) || value('ALL_PROXY'))
    return proxy === null || isExcepted(url) ? null : proxy.href
  }
}

/** Schemes of a proxy's result (PAC, "FindProxyForURL") as URLs have them. */
const PAC_SCHEMES: Readonly<Record<string, string>> = {
  PROXY: 'http',
  HTTP: 'http',
  HTTPS: 'https',
  SOCKS: 'socks5',
  SOCKS5: 'socks5',
}

/**
 * What a system answers for an address, `PROXY proxy:8080; DIRECT`: proxies in the order in which they are to be
 * tried, null for a direct connection. Kinds that cannot be used are left out.
 */
export function parsePacResult(text: string): (string | null)[] {
  return text.split(';').flatMap((entry) => {
    const [kind = '', address = ''] = entry.trim().split(/\s+/)
    if (kind.toUpperCase() === 'DIRECT') return [null]
    const scheme = PAC_SCHEMES[kind.toUpperCase()]
    return scheme !== undefined && address !== '' ? [`${scheme}://${address}`] : []
  })
}

/** A proxy's URL with a name and a password, where it does not bring its own. */
export function withLogin(proxy: string, login: { user: string; password: string } | null): string {
  const url = new URL(proxy)
  if (login === null || url.username !== '') return proxy
  url.username = encodeURIComponent(login.user)
  url.password = encodeURIComponent(login.password)
  return url.href
}
