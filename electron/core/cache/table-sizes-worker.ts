/** Runs in a thread of its own, see `tableSizes`. */
import Database from 'better-sqlite3'
import { answerOrders } from '#core/threads/answer-orders.ts'
import type { TableSizes } from './table-sizes.ts'

/** What a row takes besides its texts: its numbers and its entries in the indexes. Bytes. */
const ROW_BYTES = 200

answerOrders<string, TableSizes>(async (file) => {
  const db = new Database(file, { readonly: true })
  const sum = (sql: string) => db.prepare<[], { n: number | null }>(sql).get()?.n ?? 0
  try {
    return {
      editLog: sum(`SELECT sum(${ROW_BYTES} + octet_length(changes)) AS n FROM edit_log`),
      finishedTransfers: sum(
        `SELECT sum(${ROW_BYTES} + octet_length(source) + octet_length(target) + octet_length(facts)) AS n
         FROM transfer_item JOIN transfer ON transfer.id = transfer_id
         WHERE transfer.state IN ('done', 'cancelled')`,
      ),
    }
  } finally {
    db.close()
  }
})
