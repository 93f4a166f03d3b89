import type Database from 'better-sqlite3'

/** Rows of one kind as JSON, in insertion order. They survive a restart. */
export class Collection<T extends { id: string }> {
  readonly #db: Database.Database
  readonly #kind: string

  constructor(db: Database.Database, kind: string) {
    db.exec(`CREATE TABLE IF NOT EXISTS thing (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
      UNIQUE (kind, id))`)
    this.#db = db
    this.#kind = kind
  }

  all(): T[] {
    return this.#db
      .prepare<[string], { data: string }>('SELECT data FROM thing WHERE kind = ? ORDER BY seq')
      .all(this.#kind)
      .map(({ data }) => JSON.parse(data))
  }

  get(id: string): T | undefined {
    const row = this.#db
      .prepare<[string, string], { data: string }>(
        'SELECT data FROM thing WHERE kind = ? AND id = ?',
      )
      .get(this.#kind, id)
    return row && JSON.parse(row.data)
  }

  put(item: T): void {
    this.#db
      .prepare(
        `INSERT INTO thing (kind, id, data) VALUES (?, ?, ?)
         ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data`,
      )
      .run(this.#kind, item.id, JSON.stringify(item))
  }

  /** Returns whether it existed. */
  delete(id: string): boolean {
    return (
      this.#db.prepare('DELETE FROM thing WHERE kind = ? AND id = ?').run(this.#kind, id).changes >
      0
    )
  }
}
