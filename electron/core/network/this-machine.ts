import { BlockList, isIP, isIPv4 } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

/** Addresses of the machine itself, or reachable only from it (link-local: the metadata service of a cloud machine). */
const INTERNAL = new BlockList()
INTERNAL.addSubnet('127.0.0.0', 8)
INTERNAL.addSubnet('0.0.0.0', 8)
INTERNAL.addSubnet('169.254.0.0', 16)
INTERNAL.addAddress('::', 'ipv6')
INTERNAL.addAddress('::1', 'ipv6')
INTERNAL.addSubnet('fe80::', 10, 'ipv6')

/** The IPv4 address inside an IPv6 one: mapped (RFC 4291), translated (RFC 6052) or 6to4; null: none. */
function embedded(address: string): string | null {
  const mapped = /^(?:::(?:ffff:(?:0:)?)?|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(address)
  const tunnelled = /^2002:([\da-f]{1,4}):([\da-f]{1,4}):/i.exec(address)
  const [, high, low] = mapped ?? tunnelled ?? []
  if (high === undefined || low === undefined) return null
  const bytes = [high, low].flatMap((word) => {
    const value = Number.parseInt(word, 16)
    return [value >> 8, value & 255]
  })
  return bytes.join('.')
}

function isOwnAddress(address: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.some((one) => one.address === address)
}

/**
 * True if an address names this machine, in any form. Does not detect a name that only its DNS server resolves to
 * this machine; but storage addresses use HTTPS, and no local service has a certificate for that name.
 */
export function isThisMachine(url: URL): boolean {
  // The URL parser has normalized IPv4 in other bases, and Unicode forms.
  const host = url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
  if (isIP(host) === 0)
    return (
      host === '' ||
      host === 'localhost' ||
      host.endsWith('.localhost') ||
      /^(ip6-)?(localhost|loopback)(\.localdomain)?$|^localhost6?(\.localdomain6?)?$/.test(host) ||
      host === hostname().toLowerCase()
    )
  const address = (isIPv4(host) ? null : embedded(host)) ?? host
  return INTERNAL.check(address, isIPv4(address) ? 'ipv4' : 'ipv6') || isOwnAddress(address)
}
