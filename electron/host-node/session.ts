import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { writePrivateFileSync } from '#core/private-files.ts'
import { RPC_PROTOCOL, SECRET_PREFIX } from '#shared/contract/connect.ts'

/** A window that was closed for this long must sign in again. Milliseconds. */
const SECRET_LIVES_MS = 30 * 24 * 3_600_000
/** The page exchanges its claim as soon as it runs. Milliseconds. */
const CLAIM_LIVES_MS = 60_000
/** Maximum number of sign-ins; beyond it, the oldest is signed out. */
const MAX_SECRETS = 50

const FILE = 'session.json'
const storedSchema = z.object({
  secrets: z.array(z.object({ hash: z.string(), expiresAtMs: z.number() })),
})
type Stored = z.infer<typeof storedSchema>

const newSecret = () => randomBytes(32).toString('base64url')
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/**
 * Decides who may talk to the server: only a browser that opened the printed address.
 * Two credentials prove it. The cookie lets a browser load the page and its pictures. Browsers send cookies to every
 * port of a host, so another web server of this machine can learn it; therefore it allows nothing else, and only
 * during this run of the server. The secret lets a page call the core. The page keeps it in the storage of its host
 * and port, and sends it itself, so no other server ever sees it. Only its hash is on disk, so that an open window
 * can reconnect after a restart.
 */
export class Session {
  readonly #file: string
  readonly #now: () => number
  /** Cookies ignore ports, so two libraries on one machine need different names. */
  readonly #cookieName: string
  #cookie = newSecret()
  #token = newSecret()
  #claims = new Map<string, number>()
  #secrets: Stored['secrets']

  constructor(dataDir: string, now: () => number = Date.now) {
    this.#file = join(dataDir, FILE)
    this.#now = now
    this.#cookieName = `pictograph_${hashOf(dataDir).slice(0, 12)}`
    this.#secrets = this.#read()
  }

  /** The one-time token of the printed address. */
  get token(): string {
    return this.#token
  }

  /** The `Set-Cookie` value of this run. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`
  }

  /**
   * Exchanges the right token, which is then used up, for a claim that the page exchanges for its secret; null for a
   * wrong one.
   */
  redeem(token: string): string | null {
    if (!same(token, this.#token)) return null
    this.#token = newSecret()
    const claim = newSecret()
    this.#claims.set(hashOf(claim), this.#now() + CLAIM_LIVES_MS)
    return claim
  }

  /** Returns the page's secret for an unused claim, or for the secret itself, whose lifetime is renewed; else null. */
  exchange(given: string): string | null {
    const hash = hashOf(given)
    const claimedUntilMs = this.#claims.get(hash) ?? 0
    this.#claims.delete(hash)
    if (claimedUntilMs > this.#now()) {
      const secret = newSecret()
      this.#keep(hashOf(secret))
      return secret
    }
    if (!this.knowsSecret(given)) return null
    this.#keep(hash)
    return given
  }

  /** Signs out every window: all credentials become invalid. */
  signOut(): void {
    this.#cookie = newSecret()
    this.#token = newSecret()
    this.#claims.clear()
    this.#write([])
  }

  knowsCookie({ headers }: IncomingMessage): boolean {
    const cookies = (headers.cookie ?? '').split(/;\s*/)
    return cookies.some((cookie) => same(cookie, `${this.#cookieName}=${this.#cookie}`))
  }

  knowsSecret(secret: string): boolean {
    const hash = hashOf(secret)
    const now = this.#now()
    return this.#secrets.some((one) => one.expiresAtMs > now && same(one.hash, hash))
  }

  #keep(hash: string): void {
    const now = this.#now()
    const others = this.#secrets.filter((one) => one.hash !== hash && one.expiresAtMs > now)
    this.#write([...others, { hash, expiresAtMs: now + SECRET_LIVES_MS }].slice(-MAX_SECRETS))
  }

  #read(): Stored['secrets'] {
    try {
      return storedSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).secrets
    } catch {
      // The first start, or a corrupt file: everybody must sign in again.
      return []
    }
  }

  #write(secrets: Stored['secrets']): void {
    this.#secrets = secrets
    writePrivateFileSync(this.#file, JSON.stringify({ secrets }))
  }
}

/** The secret in `Authorization: Bearer …`; empty: none. */
export function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer ([\w-]+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
}

/** The secret beside the protocol in a WebSocket handshake, where a browser allows no other header; empty: none. */
export function protocolSecretOf({ headers }: IncomingMessage): string {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
  const found = offered.find((one) => one.startsWith(SECRET_PREFIX))
  return offered.includes(RPC_PROTOCOL) && found ? found.slice(SECRET_PREFIX.length) : ''
}
