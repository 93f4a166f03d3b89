import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#core/ports.ts'
import { makePrivateFileSync } from '#core/private-files.ts'
import { Threads } from '#core/threads/threads.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { DATABASE_FILE, type Db } from './database.ts'
import { BACKUP_FILE, DAMAGE_MARK } from './restore.ts'

/** The first copy is made when the app has begun; later ones when something has changed. Milliseconds. */
const FIRST_MS = 60_000
const EVERY_MS = 1_800_000
/** Pages that are copied at a time: half a megabyte, which takes a few milliseconds. */
const PAGES = 128

interface Deps {
  db: Db
  dataDir: string
  log: Log
  /** What the person is to know. */
  tell: (message: string) => void
}

/**
 * Keeps a copy of the library that is known to be whole. The copy is made by SQLite's own backup, page by page, and read
 * through in a thread before it takes the place of the one before: so the library itself is checked as well.
 */
export class LibraryCare implements AsyncDisposable {
  readonly #deps: Deps
  #timer: NodeJS.Timeout
  #changes = -1
  #work: Promise<void> | null = null
  #isOver = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#timer = this.#later(FIRST_MS)
  }

  #later(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#work = this.copy()
        .catch((error: unknown) =>
          this.#deps.log.warn('no copy of the library', { error: messageOf(error) }),
        )
        .finally(() => {
          this.#work = null
          if (!this.#isOver) this.#timer = this.#later(EVERY_MS)
        })
    }, ms)
    timer.unref()
    return timer
  }

  /** Makes a copy, if something has changed. Rejects when the disk does not take it. */
  async copy(): Promise<void> {
    const { db, dataDir } = this.#deps
    const changes = Number(db.prepare('SELECT total_changes() AS n').pluck().get())
    if (changes === this.#changes) return
    const part = join(dataDir, `${BACKUP_FILE}.part`)
    await rm(part, { force: true })
    makePrivateFileSync(part)
    try {
      await db.backup(part, () => PAGES)
      if (this.#isOver) return
      await using threads = new Threads<string, string[]>(
        'database-check-worker',
        import.meta.dirname,
        { threads: 1, youngMb: 8 },
      )
      // The file itself too: this connection copies pages that it remembers, not as they are on the disk.
      const problems = [
        ...(await threads.do(join(dataDir, DATABASE_FILE))),
        ...(await threads.do(part)),
      ]
      if (problems.length > 0) return await this.#damaged(problems)
      await rename(part, join(dataDir, BACKUP_FILE))
      this.#changes = changes
    } finally {
      await rm(part, { force: true })
    }
  }

  async #damaged(problems: readonly string[]): Promise<void> {
    const { dataDir, log, tell } = this.#deps
    log.error('the library is damaged', { problems: problems.slice(0, 3) })
    await writeFile(join(dataDir, DAMAGE_MARK), problems.join('\n'), { mode: 0o600 })
    tell(
      'The database with your labels is damaged, perhaps by the disk. Restart the app: it then restores the last intact backup, and adds all newer labels that can still be read.',
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#timer)
    await this.#work
  }
}
