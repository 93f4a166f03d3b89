import type { Db } from './database.ts'
import { storedJson } from './stored-json.ts'

/** Small JSON values by key. */
export class SettingRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  get(key: string): unknown {
    const row = this.#db
      .prepare<[string], { value: string }>('SELECT value FROM setting WHERE key = ?')
      .get(key)
    return storedJson(row?.value)
  }

  set(key: string, value: unknown): void {
    this.#db
      .prepare(
        'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, JSON.stringify(value))
  }
}
