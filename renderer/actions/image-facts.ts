import { client } from '#renderer/rpc/connection.ts'
import { newId } from '#shared/model/annotation.ts'
import { notifyError } from './app-state.ts'

/** Images that the engine changes at once; more are an edit that shows its progress and can be cancelled. */
const AT_ONCE = 500
/** Images named in one call: so few that the engine answers others in between. */
const CALL_IMAGES = 5_000

export type ImageChange = Omit<Parameters<typeof client.images.update>[0], 'ids' | 'part'>

/** Changes that the engine has not confirmed. */
const unconfirmed = new Set<Promise<void>>()

/** Resolves when all images of earlier changes have been sent. Never rejects. */
let sent: Promise<unknown> = Promise.resolve()

/** Resolves when all images are on their way to the engine, with a function that waits for its answer. */
async function send(ids: readonly string[], change: ImageChange): Promise<() => Promise<void>> {
  const isLong = ids.length > AT_ONCE
  const editId = newId()
  let start = 0
  for (; isLong && start + CALL_IMAGES < ids.length; start += CALL_IMAGES) {
    const part = { editId, isLast: false }
    await client.images.update({ ids: ids.slice(start, start + CALL_IMAGES), part, ...change })
  }
  const answer = client.images.update({
    ids: ids.slice(start),
    ...(isLong && { part: { editId, isLast: true } }),
    ...change,
  })
  return () => answer
}

/**
 * Sets stage, split or tags of images. Resolves when the engine has done it, or the user knows why it could not. The
 * engine gets changes in the order of the calls: a change of one image waits until all images of an earlier one are sent,
 * because otherwise that one would overwrite it.
 */
export async function changeImages(ids: readonly string[], change: ImageChange): Promise<void> {
  const sending = sent.then(() => send(ids, change))
  sent = sending.catch(() => {})
  const confirming = sending.then((answered) => answered()).catch(notifyError)
  unconfirmed.add(confirming)
  await confirming
  unconfirmed.delete(confirming)
}

/** Resolves when the engine has all changes so far, so that the next request includes them. */
export async function imagesChanged(): Promise<void> {
  await Promise.all(unconfirmed)
}
