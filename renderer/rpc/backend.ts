import { ORPCError } from '@orpc/client'
import { type DocumentBackend, RefusedError } from '#renderer/document/backend.ts'
import { client } from './connection.ts'
import { pictureWork } from './picture-work.ts'
import { reasonOf } from './reason-of.ts'

/** True if the error is about the edit, not about the moment. */
function isRefusal(error: ORPCError<string, unknown>): boolean {
  const reason = reasonOf(error)
  return error.code === 'BAD_REQUEST' || reason === 'image_gone' || reason === 'dataset_gone'
}

function translated(error: unknown): unknown {
  if (!(error instanceof ORPCError)) return error
  return isRefusal(error) ? new RefusedError(error.message) : error
}

async function orTranslated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw translated(error)
  }
}

/** The document's backend over RPC. */
export const documentBackend: DocumentBackend = {
  open: (imageId) => orTranslated(client.annotations.open({ imageId })),
  commit: (commit) => orTranslated(client.annotations.commit(commit)),
  undo: (imageId, commitId) => client.annotations.undo({ imageId, commitId }),
  redo: (imageId, commitId) => client.annotations.redo({ imageId, commitId }),
  goTo: (imageId, seq) => client.annotations.goTo({ imageId, seq }),
  labels: (imageId) => client.annotations.labels({ imageId }),
  saveDrafts: (imageId, drafts) => client.annotations.saveDrafts({ imageId, drafts }),
  saveView: (id, view) => client.images.saveView({ id, view }),
  picture: pictureWork,
  segment: {
    prepare: (imageId, engineId) => client.segment.prepare({ imageId, engineId }),
    prepareAhead: (imageIds, engineId) =>
      client.segment.prepareAhead({ imageIds: [...imageIds], engineId }),
    ask: (imageId, engineId, { prompt: { positive, negative, box }, ...ask }) =>
      client.segment.ask({
        imageId,
        engineId,
        prompt: { positive: [...positive], negative: [...negative], box },
        ...ask,
      }),
  },
  assist: (imageId, className, ask) => client.remote.assist({ imageId, className, ask }),
}
