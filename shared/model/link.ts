/** The scheme of links that other programs open in this app. */
export const LINK_SCHEME = 'pictograph'

/** Service ids are looked up, and never become part of a path or an address. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export interface Link {
  /** The service's id of a dataset. */
  datasetId: string
  /** The service's id of an image in it; null: only the dataset. */
  imageId: string | null
}

/**
 * Parses `pictograph://dataset/<id>` and `pictograph://dataset/<id>/image/<id>`; null for anything else, because
 * links are untrusted.
 */
export function parseLink(text: string): Link | null {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return null
  }
  if (url.protocol !== `${LINK_SCHEME}:` || url.search !== '' || url.hash !== '') return null
  if (url.username !== '' || url.password !== '' || url.port !== '') return null
  const [kind, datasetId = '', ...rest] = [url.host, ...url.pathname.split('/').slice(1)]
  if (kind !== 'dataset' || !UUID.test(datasetId)) return null
  if (rest.length === 0) return { datasetId, imageId: null }
  const [image, imageId = '', ...more] = rest
  return image === 'image' && UUID.test(imageId) && more.length === 0
    ? { datasetId, imageId }
    : null
}

export function formatLink({ datasetId, imageId }: Link): string {
  const dataset = `${LINK_SCHEME}://dataset/${datasetId}`
  return imageId === null ? dataset : `${dataset}/image/${imageId}`
}
