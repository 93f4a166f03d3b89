import { randomBytes } from 'node:crypto'
import type { Collection } from './collection.ts'
import { ORGANIZATION_ID, type Person, type Role, steadyId } from './organization.ts'
import { notFound } from './problems.ts'
import { newId } from './state.ts'

export interface StoredKey {
  id: string
  secret: string
  user_id: string
  name: string
  role: Role
  /** The key's own cap of requests per hour; null: the plan's. */
  rate_limit: number | null
  is_active: boolean
  last_used_at: string | null
  expires_at: string | null
  created_at: string
}

/** Requests per hour when no limit is enforced: the Pro plan's. */
const USUAL_LIMIT = 20_000
/** Length of the part of a key that may be logged. */
const PREFIX = 12

/** The API keys of the organisation. They survive a restart. */
export class Keys {
  readonly #rows: Collection<StoredKey>
  readonly #now: () => number
  readonly #planLimit: number
  /** Every request asks for its key. */
  #bySecret: Map<string, StoredKey> | null = null

  constructor(rows: Collection<StoredKey>, now: () => number, planLimit: number | null) {
    this.#rows = rows
    this.#now = now
    this.#planLimit = planLimit ?? USUAL_LIMIT
  }

  /** A key that exists from the start. */
  seed(secret: string, { user_id, role }: Person, at: string): void {
    const id = steadyId(`key ${secret}`)
    if (!this.#rows.get(id))
      this.#put(newKey({ id, secret, user_id, name: `${role} key`, role }, at))
  }

  make(
    fields: Pick<StoredKey, 'user_id' | 'name' | 'role'> &
      Partial<Pick<StoredKey, 'rate_limit' | 'expires_at'>>,
    at: string,
  ): StoredKey {
    const secret = `pk_live_${randomBytes(24).toString('hex')}`
    const key = newKey({ id: newId(), secret, ...fields }, at)
    this.#put(key)
    return key
  }

  /** The key if it is active and not expired. */
  valid(secret: string): StoredKey | null {
    this.#bySecret ??= new Map(this.#rows.all().map((key) => [key.secret, key]))
    const key = this.#bySecret.get(secret)
    if (!key?.is_active) return null
    const isExpired = key.expires_at !== null && Date.parse(key.expires_at) <= this.#now()
    return isExpired ? null : key
  }

  all(): StoredKey[] {
    return this.#rows.all()
  }

  /** Throws a 404. */
  get(id: string): StoredKey {
    const key = this.#rows.get(id)
    if (!key) throw notFound('API key')
    return key
  }

  change(
    id: string,
    fields: Partial<Pick<StoredKey, 'name' | 'rate_limit' | 'is_active'>>,
  ): StoredKey {
    this.#put({ ...this.get(id), ...fields })
    return this.get(id)
  }

  delete(id: string): void {
    this.#rows.delete(this.get(id).id)
    this.#bySecret = null
  }

  /** A key as the service lists it, without its secret. */
  shown({ secret, user_id: _user, rate_limit, ...key }: StoredKey) {
    return {
      ...key,
      organization_id: ORGANIZATION_ID,
      key_prefix: secret.slice(0, PREFIX),
      rate_limit: Math.min(rate_limit ?? this.#planLimit, this.#planLimit),
    }
  }

  #put(key: StoredKey): void {
    this.#rows.put(key)
    this.#bySecret = null
  }
}

function newKey(
  fields: Pick<StoredKey, 'id' | 'secret' | 'user_id' | 'name' | 'role'> &
    Partial<Pick<StoredKey, 'rate_limit' | 'expires_at'>>,
  at: string,
): StoredKey {
  return {
    rate_limit: null,
    is_active: true,
    last_used_at: null,
    expires_at: null,
    created_at: at,
    ...fields,
  }
}
