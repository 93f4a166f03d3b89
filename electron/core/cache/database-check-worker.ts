/** Runs in a thread of its own: reads a copy of the library through, which takes seconds. */
import Database from 'better-sqlite3'
import { answerOrders } from '#core/threads/answer-orders.ts'
import { problemsOf } from './restore.ts'

answerOrders<string, string[]>(async (file) => {
  const db = new Database(file, { readonly: true })
  try {
    return problemsOf(db, 'whole')
  } finally {
    db.close()
  }
})
