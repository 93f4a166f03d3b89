import { type Client, NotFoundError } from '#core/api/client.ts'

/** Images that are asked about one by one; more are looked for in the whole list. */
const ONE_BY_ONE = 25

/**
 * Of images that a list did not have, those that really are gone (archived, deleted, or in another dataset). A list
 * is read page by page: what somebody archives meanwhile moves others from one page to the page before, unseen. The
 * service's ids. Throws what the client throws.
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
    if (error instanceof NotFoundError) return false
    throw error
  }
}
