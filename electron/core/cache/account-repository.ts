import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import type { Db } from './database.ts'

/** A service account. The host stores its key, never this database. */
export interface StoredAccount {
  id: string
  baseUrl: string
  organizationId: string
  organization: string
  tier: string | null
  hourlyLimit: number | null
}

interface Row {
  id: string
  base_url: string
  organization_id: string
  organization: string
  tier: string | null
  hourly_limit: number | null
}

const fromRow = (row: Row): StoredAccount => ({
  id: row.id,
  baseUrl: row.base_url,
  organizationId: row.organization_id,
  organization: row.organization,
  tier: row.tier,
  hourlyLimit: row.hourly_limit,
})

export class AccountRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  list(): StoredAccount[] {
    return this.#db
      .prepare<[], Row>('SELECT * FROM account ORDER BY created_at_ms')
      .all()
      .map(fromRow)
  }

  /** Throws a UserError if it does not exist. */
  get(id: string): StoredAccount {
    const row = this.#db.prepare<[string], Row>('SELECT * FROM account WHERE id = ?').get(id)
    if (!row) throw new UserError('account_gone', 'This account was removed. Add it again.')
    return fromRow(row)
  }

  create(fields: Omit<StoredAccount, 'id' | 'hourlyLimit'>): StoredAccount {
    const id = newId()
    this.#db
      .prepare(
        `INSERT INTO account (id, base_url, organization_id, organization, tier, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(id, fields.baseUrl, fields.organizationId, fields.organization, fields.tier, Date.now())
    return this.get(id)
  }

  setLimit(id: string, hourlyLimit: number | null): void {
    this.#db.prepare('UPDATE account SET hourly_limit = ? WHERE id = ?').run(hourlyLimit, id)
  }

  /** Remove its datasets first. */
  remove(id: string): void {
    this.#db.prepare('DELETE FROM account WHERE id = ?').run(id)
  }
}
