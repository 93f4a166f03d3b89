import { ORPCError } from '@orpc/client'
import { type DocumentBackend, StaleError } from '#renderer/document/backend.ts'
import { client } from './connection.ts'

/** The document's backend over RPC. */
export const documentBackend: DocumentBackend = {
  open: (imageId) => client.annotations.open({ imageId }),
  commit: async (commit) => {
    try {
      return await client.annotations.commit(commit)
    } catch (error) {
      if (error instanceof ORPCError && error.code === 'STALE') throw new StaleError()
      throw error
    }
  },
  undo: (imageId, commitId) => client.annotations.undo({ imageId, commitId }),
  redo: (imageId, commitId) => client.annotations.redo({ imageId, commitId }),
  saveDraft: (imageId, draft) => client.annotations.saveDraft({ imageId, draft }),
}
