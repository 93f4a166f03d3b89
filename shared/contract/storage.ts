import { z } from 'zod'
import { procedure } from './procedure.ts'

const storedKindSchema = z.enum([
  'images',
  'thumbnails',
  'embeddings',
  'edit-log',
  'transfers',
  'logs',
])
export type StoredKind = z.infer<typeof storedKindSchema>

const storageUseSchema = z.object({
  /** The library itself and its whole copy, bytes. */
  libraryBytes: z.number(),
  backupBytes: z.number(),
  /** What can be made again, fetched again or done without. Bytes of each kind. */
  kinds: z.array(z.object({ kind: storedKindSchema, bytes: z.number() })),
})
export type StorageUse = z.infer<typeof storageUseSchema>

export const storage = {
  use: procedure.output(storageUseSchema),
  /** Deletes all of a kind that may be deleted: never what was not sent. */
  clear: procedure.input(z.object({ kind: storedKindSchema })).output(z.void()),
}
