import { BATCH_IMAGES_LIMIT, BULK_SAVE_LIMIT } from '#core/api/client.ts'

/** Sizes of what is done at a time, in images. Tests make them small, to go beyond each. */
export interface SyncLimits {
  /** Read one by one and saved together: between the two is time for others to save. */
  readBatch: number
  /** Saved in one request. */
  saveBatch: number
  /** From this many waiting images on, the list of images is asked which of them have no labels. */
  listFrom: number
  /** Copied or archived in one request. */
  batchImages: number
}

export const SYNC_LIMITS: SyncLimits = {
  readBatch: 25,
  saveBatch: BULK_SAVE_LIMIT,
  listFrom: 100,
  batchImages: BATCH_IMAGES_LIMIT,
}
