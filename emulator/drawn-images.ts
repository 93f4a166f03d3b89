import { DRAWN_BYTES, drawnSize } from './drawn-image.ts'
import { freeName, newId, type State, type StoredDataset, type StoredImage } from './state.ts'

/** A stored image that is drawn on first use. */
export function drawn(
  dataset: Pick<StoredDataset, 'id'>,
  number: number,
  {
    directory_path,
    filename,
    created_at,
  }: Pick<StoredImage, 'directory_path' | 'filename' | 'created_at'>,
): StoredImage {
  return {
    id: newId(),
    dataset_id: dataset.id,
    directory_path,
    filename,
    status: 'new',
    split: null,
    tags: [],
    file_size: DRAWN_BYTES,
    ...drawnSize(number),
    content_type: 'image/jpeg',
    is_archived: false,
    object: `made:${number}`,
    created_at,
  }
}

/** Adds drawn images to a directory under free names; returns their ids. */
export function addDrawn(
  state: State,
  dataset: Pick<StoredDataset, 'id'>,
  count: number,
  { directory, nameOf, at }: { directory: string; nameOf: (index: number) => string; at: string },
): string[] {
  return state.transaction(() =>
    Array.from({ length: count }, (_, index) => {
      const filename = freeName(state, dataset.id, directory, nameOf(index), 1)
      const image = drawn(dataset, index, { directory_path: directory, filename, created_at: at })
      state.addImage(image)
      return image.id
    }),
  )
}
