import { BlockList, isIP } from 'node:net'

/** The proxy for an address: its URL, or null for a direct connection. */
export type ProxyRule = (url: URL) => string | null

/** This machine itself is never reached through a proxy, as in browsers. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith('.localhost')
  )
}

/** A host without the brackets that a URL puts around an IPv6 address. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, '')

const familyOf = (address: string): 'ipv4' | 'ipv6' | null =>
  (({ 4: 'ipv4', 6: 'ipv6' }) as const)[isIP(address) as 4 | 6] ?? null

/** One address, or a network if bits are given. */
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

/**
 * One entry of NO_PROXY as curl reads it: a name with its subdomains, an address, or a network, each with an optional
 * port.
 */
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

/** The exceptions in NO_PROXY, separated by commas or spaces. */
export function parseExceptions(text: string): (url: URL) => boolean {
  const exceptions = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => exceptionOf(entry))
  return (url) => exceptions.some((matches) => matches(url))
}

/** A proxy address as people write it (`proxy:8080` is an HTTP proxy); null if it is invalid. */
export function parseProxyAddress(text: string): URL | null {
  // curl's socks5h lets the proxy resolve names; here every SOCKS5 proxy does.
  const address = text.trim().replace(/^socks(5h)?:\/\//i, 'socks5://')
  if (address === '') return null
  try {
    const url = new URL(/^\w+:\/\//.test(address) ? address : `http://${address}`)
    return /^(https?|socks5):$/.test(url.protocol) && url.hostname !== '' ? url : null
  } catch {
    return null
  }
}

/** The rules of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case, as curl applies them. */
export function rulesOfEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyRule {
  const value = (name: string) => env[name.toLowerCase()] || env[name] || ''
  const isExcepted = parseExceptions(value('NO_PROXY'))
  return (url) => {
    const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
    const proxy = parseProxyAddress(value(name) || value('ALL_PROXY'))
    return proxy === null || isExcepted(url) ? null : proxy.href
  }
}

/** Schemes of a PAC result ("FindProxyForURL") as URL schemes. */
const PAC_SCHEMES: Readonly<Record<string, string>> = {
  PROXY: 'http',
  HTTP: 'http',
  HTTPS: 'https',
  SOCKS: 'socks5',
  SOCKS5: 'socks5',
}

/**
 * Parses a system's answer for an address, `PROXY proxy:8080; DIRECT`: proxies in the order to try, null for a direct
 * connection. Leaves out unsupported kinds.
 */
export function parsePacResult(text: string): (string | null)[] {
  return text.split(';').flatMap((entry) => {
    const [kind = '', address = ''] = entry.trim().split(/\s+/)
    if (kind.toUpperCase() === 'DIRECT') return [null]
    const scheme = PAC_SCHEMES[kind.toUpperCase()]
    return scheme !== undefined && address !== '' ? [`${scheme}://${address}`] : []
  })
}

/** Adds a name and password to a proxy's URL, unless it has its own. */
export function withLogin(proxy: string, login: { user: string; password: string } | null): string {
  const url = new URL(proxy)
  if (login === null || url.username !== '') return proxy
  url.username = encodeURIComponent(login.user)
  url.password = encodeURIComponent(login.password)
  return url.href
}
