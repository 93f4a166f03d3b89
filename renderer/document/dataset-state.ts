import { createStore } from 'zustand/vanilla'
import type { AppEvent } from '#shared/contract/events.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'

export type ScanState = Omit<Extract<AppEvent, { type: 'scan' }>, 'type' | 'datasetId'>

interface DatasetState {
  dataset: Dataset | null
  /** In natural order. */
  images: readonly DatasetImage[]
  indexOf: ReadonlyMap<string, number>
  scan: ScanState | null
  /** The first page has been read: an empty list is empty. */
  loaded: boolean
}

export const EMPTY_DATASET: DatasetState = {
  dataset: null,
  images: [],
  indexOf: new Map(),
  scan: null,
  loaded: false,
}

export const datasetState = createStore<DatasetState>(() => EMPTY_DATASET)

function indexed(images: readonly DatasetImage[]): Pick<DatasetState, 'images' | 'indexOf'> {
  return { images, indexOf: new Map(images.map(({ id }, index) => [id, index])) }
}

const keys = new WeakMap<DatasetImage, string>()

function keyOf(image: DatasetImage): string {
  const known = keys.get(image)
  if (known !== undefined) return known
  const key = naturalKey(image.path)
  keys.set(image, key)
  return key
}

/** Pure: the list with new and changed images in their places; those that are gone and unlabelled leave. */
export function mergeImages(
  images: readonly DatasetImage[],
  upserted: readonly DatasetImage[],
): DatasetImage[] {
  const incoming = new Map(upserted.map((image) => [image.id, image]))
  // Labels of a file that is gone stay to be seen, unless the service has them all.
  const keep = ({ missing, annotationCount, remote }: DatasetImage) =>
    !missing || (annotationCount > 0 && remote?.sync !== 'synced')
  const merged = images.map((image) => {
    const next = incoming.get(image.id)
    incoming.delete(image.id)
    return next ?? image
  })
  const added = [...incoming.values()]
  const result = [...merged, ...added].filter(keep)
  if (added.length > 0) result.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return result
}

export function upsertImages(upserted: readonly DatasetImage[]): void {
  datasetState.setState(({ images }) => indexed(mergeImages(images, upserted)))
}

export function imageById(id: string): DatasetImage | undefined {
  const { images, indexOf } = datasetState.getState()
  const index = indexOf.get(id)
  return index === undefined ? undefined : images[index]
}

/**
 * The next image from `from` in a direction (1, -1) that fits; null when there is none before the end.
 * `from` may be null: then from the beginning.
 */
export function nextImage(
  { images, indexOf }: Pick<DatasetState, 'images' | 'indexOf'>,
  from: string | null,
  direction: 1 | -1,
  fits: (image: DatasetImage) => boolean = () => true,
): DatasetImage | null {
  const start = from === null ? -direction : (indexOf.get(from) ?? -1)
  for (let index = start + direction; index >= 0 && index < images.length; index += direction) {
    if (fits(images[index])) return images[index]
  }
  return null
}
