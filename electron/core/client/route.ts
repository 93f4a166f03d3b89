import { isLoopback, rulesOfEnvironment } from '#core/network/proxy-rules.ts'
import type { NetworkRoute } from '#core/network/routed-dispatcher.ts'

/** The way to an address that the environment asks for: HTTPS_PROXY, NO_PROXY and their like. */
export async function routeTo(url: URL): Promise<NetworkRoute> {
  const proxy = isLoopback(url) ? null : rulesOfEnvironment(process.env)(url)
  return { proxy, caFile: null }
}
