import { notFound } from './problems.ts'
import type { State, StoredDataset, StoredImage } from './state.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * An image of a dataset, named as in assisted labelling: by its UUID, its path, or its bare name, which is looked up
 * in the root first. Throws a 404.
 */
export function imageBySlot(state: State, dataset: StoredDataset, slot: string): StoredImage {
  if (UUID.test(slot)) {
    const image = state.imageById(slot)
    if (image.dataset_id !== dataset.id) throw notFound('Image')
    return image
  }
  const path = slot.replace(/^\//, '')
  const name = path.slice(path.lastIndexOf('/') + 1)
  const directory = `/${path.slice(0, Math.max(0, path.length - name.length - 1))}`
  const exact = state.imageIn(dataset.id, directory, name)
  if (exact) return exact
  const elsewhere =
    name === path && state.images(dataset.id).find(({ filename }) => filename === name)
  if (!elsewhere) throw notFound(`Image '${slot}'`)
  return elsewhere
}
