import { client } from '#renderer/rpc/connection.ts'
import { newId } from '#shared/model/annotation.ts'
import { notifyError } from './app-state.ts'

/** Images that the engine changes at once; more are an edit that shows its progress and can be cancelled. */
const AT_ONCE = 500
/** Images named in one call: so few that the engine answers others in between. */
const CALL_IMAGES = 5_000

export type ImageChange = Omit<Parameters<typeof client.images.update>[0], 'ids' | 'part'>

const told = new Set<Promise<void>>()

async function tell(ids: readonly string[], change: ImageChange): Promise<void> {
  try {
    if (ids.length <= AT_ONCE) {
      await client.images.update({ ids: [...ids], ...change })
      return
    }
    const editId = newId()
    for (let start = 0; start < ids.length; start += CALL_IMAGES) {
      const part = { editId, isLast: start + CALL_IMAGES >= ids.length }
      await client.images.update({ ids: ids.slice(start, start + CALL_IMAGES), part, ...change })
    }
  } catch (error) {
    notifyError(error)
  }
}

/** Sets stage, split or tags of images. Resolves when the engine has it, or the person has been told why not. */
export async function changeImages(ids: readonly string[], change: ImageChange): Promise<void> {
  const telling = tell(ids, change)
  told.add(telling)
  await telling
  told.delete(telling)
}

/** Resolves when the engine has all changes so far, so that the next request includes them. */
export async function imagesChanged(): Promise<void> {
  await Promise.all(told)
}
