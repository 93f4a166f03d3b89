import { z } from 'zod'
import type { CallOptions, Http } from './http.ts'
import { organizationSchema } from './schemas.ts'
import { anyId, requiredId, rows, text, time } from './tolerant.ts'

const memberSchema = z.object({
  id: requiredId,
  user_id: anyId,
  email: text,
  full_name: text,
  /** `owner`, `admin`, `member` or `viewer` */
  role: z.string(),
  joined_at: time,
})

/** The organisation of the key. All methods throw a PictographError. */
export class Organizations {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** The cheapest way to check a key. */
  async me(call: CallOptions = {}) {
    const schema = z.object({ organization: organizationSchema })
    return (await this.#http.json(schema, 'GET', '/organizations/me', call)).organization
  }

  async members(call: CallOptions = {}) {
    const schema = z.object({ members: rows(memberSchema) })
    return (await this.#http.json(schema, 'GET', '/organizations/members', call)).members
  }
}
