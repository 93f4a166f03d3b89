/** Runs in a thread of its own, see `Checkpoints`. */
import Database from 'better-sqlite3'
import { answerOrders } from '#core/threads/answer-orders.ts'

answerOrders<string, void>(async (file) => {
  const db = new Database(file, { fileMustExist: true })
  try {
    db.pragma('synchronous = FULL')
    // PASSIVE waits for nobody, and nobody waits for it.
    db.pragma('wal_checkpoint(PASSIVE)')
  } finally {
    db.close()
  }
})
