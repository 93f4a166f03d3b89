import { isLoopback, rulesOfEnvironment } from '#core/network/proxy-rules.ts'
import type { NetworkRoute } from '#core/network/routed-dispatcher.ts'

/** The route to an address according to the environment: HTTPS_PROXY, NO_PROXY and so on. */
export async function routeTo(url: URL): Promise<NetworkRoute> {
  const proxy = isLoopback(url) ? null : rulesOfEnvironment(process.env)(url)
  return { proxy, caFile: null }
}
