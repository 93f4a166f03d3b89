import { client } from '#renderer/rpc/connection.ts'
import { notifyError } from './app-state.ts'

/** Images of one call: so few that the engine answers others in between. */
const CALL_IMAGES = 500

export type ImageChange = Omit<Parameters<typeof client.images.update>[0], 'ids'>

const told = new Set<Promise<void>>()

async function tell(ids: readonly string[], change: ImageChange): Promise<void> {
  try {
    for (let start = 0; start < ids.length; start += CALL_IMAGES)
      await client.images.update({ ids: ids.slice(start, start + CALL_IMAGES), ...change })
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

/** Resolves when the engine has every change asked for so far: what is asked of it next counts them. */
export async function imagesChanged(): Promise<void> {
  await Promise.all(told)
}
