import { BATCH_IMAGES_LIMIT, BULK_SAVE_LIMIT } from '#core/api/client.ts'

/** Batch sizes, in images. Tests make them small to cross each one. */
export interface SyncLimits {
  /** Images pulled one by one and saved together. More means more time for others to save in between. */
  readBatch: number
  /** Images saved in one request. */
  saveBatch: number
  /** From this many waiting images on, the image list tells which of them have no labels. */
  listFrom: number
  /** Images copied or archived in one request. */
  batchImages: number
}

export const SYNC_LIMITS: SyncLimits = {
  readBatch: 25,
  saveBatch: BULK_SAVE_LIMIT,
  listFrom: 100,
  batchImages: BATCH_IMAGES_LIMIT,
}
