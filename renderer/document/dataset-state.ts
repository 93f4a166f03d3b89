import { createStore } from 'zustand/vanilla'
import type { AppEvent } from '#shared/contract/events.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { ImageList } from './image-list.ts'

export type ScanState = Omit<Extract<AppEvent, { type: 'scan' }>, 'type' | 'datasetId'>

interface DatasetState {
  dataset: Dataset | null
  images: ImageList
  scan: ScanState | null
  /** The first page has been read, so an empty list is really empty. */
  loaded: boolean
}

export const EMPTY_DATASET: DatasetState = {
  dataset: null,
  images: new ImageList(),
  scan: null,
  loaded: false,
}

export const datasetState = createStore<DatasetState>(() => EMPTY_DATASET)

export function upsertImages(upserted: readonly DatasetImage[]): void {
  datasetState.setState(({ images }) => ({ images: images.with(upserted) }))
}

export function imageById(id: string): DatasetImage | undefined {
  return datasetState.getState().images.find(id)
}

/**
 * The next matching image from `from` in a direction (1, -1); null if there is none before the end. If `from` is
 * null, starts at the beginning.
 */
export function nextImage(
  images: ImageList,
  from: string | null,
  direction: 1 | -1,
  fits: (image: DatasetImage) => boolean = () => true,
): DatasetImage | null {
  let index = from === null ? -direction : images.indexOf(from)
  for (;;) {
    index += direction
    const image = images.at(index)
    if (!image) return null
    if (fits(image)) return image
  }
}
