import {
  APP_SCHEME,
  CLAIM_PARAMETER,
  RPC_PROTOCOL,
  SECRET_KEY,
  SECRET_PREFIX,
  SESSION_PATH,
} from '#shared/contract/connect.ts'

/** True if a local server, not Electron, serves the page. */
export const isServed = (): boolean => location.protocol !== `${APP_SCHEME}:`

/** If the browser's storage is unavailable, the secret lives as long as the page. */
let inMemory: string | null = null

function secret(): string | null {
  try {
    return localStorage.getItem(SECRET_KEY) ?? inMemory
  } catch {
    return inMemory
  }
}

function keep(value: string | null): void {
  inMemory = value
  try {
    if (value === null) localStorage.removeItem(SECRET_KEY)
    else localStorage.setItem(SECRET_KEY, value)
  } catch {
    // It is in memory.
  }
}

/** Takes the claim out of the address, so that it is in no bookmark. */
function takeClaim(): string | null {
  const claim = new URLSearchParams(location.hash.slice(1)).get(CLAIM_PARAMETER)
  if (claim !== null) history.replaceState(history.state, '', location.pathname + location.search)
  return claim
}

/** The authorization header of a request that is not read-only; empty in Electron. */
export function authorization(): Record<string, string> {
  const own = secret()
  return own === null ? {} : { authorization: `Bearer ${own}` }
}

/** The protocols of the WebSocket, the only place where a page can send a secret. */
export function rpcProtocols(): string[] {
  const own = secret()
  return own === null ? [RPC_PROTOCOL] : [RPC_PROTOCOL, SECRET_PREFIX + own]
}

/**
 * Signs in with the claim or the stored secret, which also sets the cookie of this server run. Rejects if the server
 * is unreachable.
 */
export async function signIn(): Promise<void> {
  const claim = takeClaim()
  const headers = claim === null ? authorization() : { authorization: `Bearer ${claim}` }
  const answer = await fetch(SESSION_PATH, { method: 'POST', headers })
  if (!answer.ok) return
  const body: unknown = await answer.json()
  if (typeof body === 'object' && body !== null && 'secret' in body) keep(String(body.secret))
}

/** Signs out this browser and every other. Rejects if the server is unreachable. */
export async function signOut(): Promise<void> {
  const answer = await fetch(SESSION_PATH, { method: 'DELETE', headers: authorization() })
  if (!answer.ok) throw new Error(answer.statusText)
  keep(null)
  location.replace('/')
}
