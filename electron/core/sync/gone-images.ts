import { type Client, NotFoundError } from '#core/api/client.ts'

/** Up to this many images are requested one by one; for more, the whole list is read again. */
const ONE_BY_ONE = 25

/**
 * Returns the service ids of those images that really are gone (archived, deleted or moved to another dataset) among
 * images missing from a list. A list is read page by page: if somebody archives an image meanwhile, another one moves
 * to an earlier page and is skipped. Throws what the client throws.
 */
export async function reallyGone(
  client: Client,
  dataset: string,
  candidates: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (candidates.length > ONE_BY_ONE) {
    const gone = new Set(candidates)
    for await (const { id } of client.images.list(dataset, { signal })) gone.delete(id)
    return [...gone]
  }
  const gone: string[] = []
  for (const id of candidates) if (!(await isListed(client, dataset, id, signal))) gone.push(id)
  return gone
}

async function isListed(
  client: Client,
  dataset: string,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const image = await client.images.metadata(id, { signal })
    return !image.is_archived && (image.dataset_id ?? dataset) === dataset
  } catch (error) {
    if (error instanceof NotFoundError && !error.isForeign) return false
    throw error
  }
}
