import { NotFoundError, UnexpectedAnswerError, ValidationError } from './errors.ts'
import { type CallOptions, type Http, imagePath, segment } from './http.ts'
import { data, type RemoteImage, remoteDatasetSchema, remoteImageSchema } from './schemas.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** True for a UUID. An image path cannot be one, because it ends with a file extension. */
export const isUuid = (text: string): boolean => UUID.test(text)

const pathOf = ({ directory_path, filename }: RemoteImage) => `${directory_path ?? ''}/${filename}`
const isSame = (id: string | null | undefined, other: string) =>
  id?.toLowerCase() === other.toLowerCase()

/**
 * An answer about another record than the requested one, as a confused cache or proxy gives it, would be stored under
 * the wrong id. A record without an id is accepted. Throws an UnexpectedAnswerError.
 */
export function requireSameId(asked: string, answered: string | null, route: string): void {
  if (answered === null || !isUuid(asked) || isSame(answered, asked)) return
  throw new UnexpectedAnswerError(
    `${route} answered about another record than ${asked}: ${answered.slice(0, 100)}`,
    { route, details: { field: 'id' } },
  )
}

/** The call options for the look-up, without those of the call itself. */
const lookUp = ({ signal, retries }: CallOptions): CallOptions => ({
  ...(signal && { signal }),
  ...(retries !== undefined && { retries }),
})

/** An image of the whole organisation by its UUID. Throws a PictographError. */
export async function imageById(http: Http, id: string, call: CallOptions): Promise<RemoteImage> {
  const path = `/images/${segment(id)}/metadata`
  const image = (await http.json(data(remoteImageSchema), 'GET', path, call)).data
  requireSameId(id, image.id, `GET ${path}`)
  return image
}

/** The image with a UUID if it belongs to the dataset; otherwise throws a NotFoundError. */
export async function imageOfDataset(
  http: Http,
  dataset: string,
  id: string,
  call: CallOptions,
): Promise<RemoteImage> {
  const image = await imageById(http, id, call)
  if (isSame(image.dataset_id, dataset)) return image
  const route = `/datasets/${segment(dataset)}`
  const named = isUuid(dataset)
    ? dataset
    : (await http.json(data(remoteDatasetSchema), 'GET', route, call)).data.id
  if (isSame(image.dataset_id, named)) return image
  // A copy in the named dataset has the same path and would be changed instead.
  throw new NotFoundError(`The dataset “${dataset}” has no image ${id}`, { route, status: 404 })
}

/** The image of a call: dataset with path or UUID, or a UUID alone. */
export interface ImageTarget {
  /** null: the image's own dataset. */
  dataset: string | null
  image: string
}

/**
 * Distinguishes `(dataset, image, …)` from `(image, …)`, which the old README of the Python client uses. Throws a
 * ValidationError for a path without its dataset.
 */
export function imageTarget(first: string, second: unknown): ImageTarget {
  if (typeof second === 'string') return { dataset: first, image: second }
  if (isUuid(first)) return { dataset: null, image: first }
  const message = `“${first}” is no image: pass its dataset and its path, or its UUID alone`
  throw new ValidationError(message, { route: 'image' }, [{ field: 'image', message }])
}

/**
 * `{dataset}/{path}` of an image for a route. These routes accept no UUID, so its path is looked up first with up to
 * two more requests. Throws a PictographError.
 */
export async function imageRoute(
  http: Http,
  { dataset, image }: ImageTarget,
  call: CallOptions = {},
): Promise<string> {
  if (dataset === null) {
    const found = await imageById(http, image, lookUp(call))
    if (found.dataset_id) return `${segment(found.dataset_id)}/${imagePath(pathOf(found))}`
    const context = { route: `GET /images/${image}/metadata` }
    throw new NotFoundError(`The image ${image} belongs to no dataset`, context)
  }
  const path = isUuid(image)
    ? pathOf(await imageOfDataset(http, dataset, image, lookUp(call)))
    : image
  return `${segment(dataset)}/${imagePath(path)}`
}
