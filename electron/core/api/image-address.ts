import { NotFoundError } from './errors.ts'
import { type CallOptions, type Http, imagePath, segment } from './http.ts'
import { data, type RemoteImage, remoteDatasetSchema, remoteImageSchema } from './schemas.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a text is a UUID, which no path of an image can be: a path ends with a file's extension. */
export const isUuid = (text: string): boolean => UUID.test(text)

const joined = ({ directory_path, filename }: RemoteImage) => `${directory_path ?? ''}/${filename}`

/** An image of the whole organisation, by its UUID. Throws a PictographError. */
export async function imageById(http: Http, id: string, call: CallOptions): Promise<RemoteImage> {
  const path = `/images/${segment(id)}/metadata`
  return (await http.json(data(remoteImageSchema), 'GET', path, call)).data
}

/** The image with a UUID, when it belongs to the dataset. Throws a NotFoundError when it belongs to another. */
export async function imageOfDataset(
  http: Http,
  dataset: string,
  id: string,
  call: CallOptions,
): Promise<RemoteImage> {
  const image = await imageById(http, id, call)
  const owner = image.dataset_id ?? null
  if (owner === null || owner === dataset) return image
  const route = `/datasets/${segment(dataset)}`
  const named = isUuid(dataset)
    ? dataset
    : (await http.json(data(remoteDatasetSchema), 'GET', route, call)).data.id
  if (named === owner) return image
  throw new NotFoundError(`The dataset “${dataset}” has no image ${id}`, { route, status: 404 })
}

/**
 * `{dataset}/{path}` of an image for a route. The service takes no UUID there: one is asked for its path first, which
 * is up to two requests more. Throws a PictographError.
 */
export async function imageRoute(
  http: Http,
  dataset: string,
  image: string,
  { signal, retries }: CallOptions = {},
): Promise<string> {
  const call = { ...(signal && { signal }), ...(retries !== undefined && { retries }) }
  const path = isUuid(image) ? joined(await imageOfDataset(http, dataset, image, call)) : image
  return `${segment(dataset)}/${imagePath(path)}`
}
