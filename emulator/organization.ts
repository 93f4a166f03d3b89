import { createHash, randomUUID } from 'node:crypto'
import type { Collection } from './collection.ts'
import type { Keys } from './keys.ts'

export type Role = 'viewer' | 'member' | 'admin' | 'owner'
export const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** The owner of a key. */
export interface Person {
  /** The membership id. */
  id: string
  user_id: string
  email: string
  full_name: string
  role: Role
  joined_at: string
}

export interface Invite {
  id: string
  organization_id: string
  email: string
  role: string
  status: string
  invited_by: string | null
  expires_at: string
  created_at: string
}

const SINCE = '2026-01-01T00:00:00.000Z'
export const ORGANIZATION_ID = '00000000-0000-4000-8000-000000000001'
const INVITE_DAYS = 7

/** The same UUID for the same text, always. */
export function steadyId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The only organisation of the emulated service, with one person per key of the start. */
export class Organization {
  readonly people: readonly Person[]
  readonly keys: Keys
  readonly invites: Collection<Invite>
  readonly maxImages: number
  #own: { name: string; description: string | null; is_public: boolean; updated_at: string } = {
    name: 'Emulated Organisation',
    description: null,
    is_public: false,
    updated_at: SINCE,
  }

  /** `roles`: by key; `maxImages`: the plan's cap. */
  constructor(
    roles: Readonly<Record<string, Role>>,
    { keys, invites, maxImages }: { keys: Keys; invites: Collection<Invite>; maxImages: number },
  ) {
    this.keys = keys
    this.invites = invites
    this.maxImages = maxImages
    this.people = Object.entries(roles).map(([key, role]) => ({
      id: steadyId(`membership ${key}`),
      user_id: steadyId(`user ${key}`),
      email: `${role}@example.com`,
      full_name: `${role[0].toUpperCase()}${role.slice(1)} Person`,
      role,
      joined_at: SINCE,
    }))
    for (const [index, key] of Object.keys(roles).entries())
      keys.seed(key, this.people[index], SINCE)
  }

  /** The owner of a key, with the key's role; null if the key is unknown, inactive or expired. */
  personOf(key: string): { person: Person; rateLimit: number | null } | null {
    const stored = this.keys.valid(key)
    const owner = stored && this.people.find(({ user_id }) => user_id === stored.user_id)
    if (!stored || !owner) return null
    return { person: { ...owner, role: stored.role }, rateLimit: stored.rate_limit }
  }

  change(fields: { name?: string; description?: string; is_public?: boolean }, at: string): void {
    this.#own = { ...this.#own, ...fields, updated_at: at }
  }

  /** As `organizations/me` returns it. Credits in micro-USD. */
  shown(credits: { remaining: number; allowance: number; resetAt: string }) {
    return {
      id: ORGANIZATION_ID,
      slug: 'emulated',
      ...this.#own,
      subscription_tier: 'pro',
      credits_remaining: credits.remaining,
      credits_monthly_allowance: credits.allowance,
      credits_reset_at: credits.resetAt,
      max_users: 25,
      max_images: this.maxImages,
      max_storage_bytes: 1024 ** 4,
      member_count: this.people.length,
      pending_invite_count: this.invites.all().filter(({ status }) => status === 'pending').length,
      created_at: SINCE,
    }
  }

  invite(email: string, role: string, by: Person, nowMs: number): Invite {
    const invite: Invite = {
      id: randomUUID(),
      organization_id: ORGANIZATION_ID,
      email,
      role,
      status: 'pending',
      invited_by: by.user_id,
      expires_at: new Date(nowMs + INVITE_DAYS * 86_400_000).toISOString(),
      created_at: new Date(nowMs).toISOString(),
    }
    this.invites.put(invite)
    return invite
  }
}
