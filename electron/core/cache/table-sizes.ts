import { join } from 'node:path'
import { Threads } from '#core/threads/threads.ts'
import { DATABASE_FILE } from './database.ts'

/** Bytes, about: what the rows themselves take. */
export interface TableSizes {
  editLog: number
  finishedTransfers: number
}

/** Adds up the rows of large tables, in a thread of its own: that takes seconds in a large library. */
export async function tableSizes(dataDir: string): Promise<TableSizes> {
  await using threads = new Threads<string, TableSizes>('table-sizes-worker', import.meta.dirname, {
    threads: 1,
    youngMb: 8,
  })
  return await threads.do(join(dataDir, DATABASE_FILE))
}
