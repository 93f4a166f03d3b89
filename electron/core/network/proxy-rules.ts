import { BlockList, isIP } from 'node:net'

/** Which proxy an address is reached by: its URL, or null for a direct connection. */
export type ProxyRule = (url: URL) => string | null

/** This machine itself is never reached by a proxy, as in browsers. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith('.localhost')
  )
}

/** One entry of NO_PROXY as curl reads it: a name with all below it, an address, a network, each perhaps with a port. */
function exceptionOf(entry: string): (url: URL) => boolean {
  if (entry === '*') return () => true
  const cidr = /^([\d.]+|\[?[\da-f:]+\]?)\/(\d+)$/i.exec(entry)
  if (cidr) {
    const network = cidr[1].replace(/^\[|\]$/g, '')
    const family = isIP(network)
    const addresses = new BlockList()
    if (family !== 0) addresses.addSubnet(network, Number(cidr[2]), family === 6 ? 'ipv6' : 'ipv4')
    return ({ hostname }) => {
      const host = hostname.replace(/^\[|\]$/g, '')
      return isIP(host) === family && addresses.check(host, family === 6 ? 'ipv6' : 'ipv4')
    }
  }
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
  const address = text.trim()
  if (address === '') return null
  try {
    const url = new URL(/^\w+:\/\//.test(address) ? address : `http://${address}`)
    return /^(https?|socks5?):$/.test(url.protocol) && url.hostname !== '' ? url : null
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

/** What a system answers for an address: `PROXY proxy:8080; DIRECT`. The first entry that can be used counts. */
export function parsePacResult(text: string): string | null {
  for (const entry of text.split(';')) {
    const [kind = '', address = ''] = entry.trim().split(/\s+/)
    if (kind.toUpperCase() === 'DIRECT') return null
    const scheme = PAC_SCHEMES[kind.toUpperCase()]
    if (scheme !== undefined && address !== '') return `${scheme}://${address}`
  }
  return null
}

/** A proxy's URL with a name and a password, where it does not bring its own. */
export function withLogin(proxy: string, login: { user: string; password: string } | null): string {
  const url = new URL(proxy)
  if (login === null || url.username !== '') return proxy
  url.username = encodeURIComponent(login.user)
  url.password = encodeURIComponent(login.password)
  return url.href
}
