import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { makeFolderSync } from '#core/make-folder.ts'

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/** Kept in the data folder, so that an open window finds its way back after a restart. */
function sessionKey(dataDir: string): string {
  const file = join(dataDir, 'session-key')
  try {
    const key = readFileSync(file, 'utf8').trim()
    if (key.length >= 32) return key
  } catch {
    // The first start: there is none yet.
  }
  const key = randomBytes(32).toString('base64url')
  makeFolderSync(dataDir)
  writeFileSync(file, key, { mode: 0o600 })
  return key
}

/** Who may talk to the server: whoever opened the printed address once, and nobody else. */
export class Session {
  readonly #key: string
  /** Cookies know no ports: two libraries on one machine must not sign each other out. */
  readonly #cookie: string
  #token = ''

  constructor(dataDir: string) {
    this.#key = sessionKey(dataDir)
    this.#cookie = `pictograph_${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`
    this.renewToken()
  }

  /** The token of the next address to print; the one before is void. */
  renewToken(): string {
    this.#token = randomBytes(24).toString('base64url')
    return this.#token
  }

  get token(): string {
    return this.#token
  }

  /** A cookie for the right token, which is thereby used up; null for a wrong one. */
  redeem(token: string): string | null {
    if (!same(token, this.#token)) return null
    this.renewToken()
    return `${this.#cookie}=${this.#key}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000`
  }

  knows(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? '').split(/;\s*/)
    return cookies.some((cookie) => same(cookie, `${this.#cookie}=${this.#key}`))
  }
}
