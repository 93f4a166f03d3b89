import type { ImageList, ImageSet } from '#renderer/document/image-list.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { type DatasetImage, stageSchema } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

export type GallerySort = Settings['gallerySort']

export const SORT_LABEL: Readonly<Record<GallerySort, string>> = {
  name: t('Name'),
  most: t('Most labels'),
  fewest: t('Fewest labels'),
  newest: t('Last modified'),
  stage: t('Stage'),
}

const stageIndex = (image: DatasetImage) => stageSchema.options.indexOf(image.stage)

/** Images that are alike keep the order of their names. */
const ORDERS: Readonly<
  Record<Exclude<GallerySort, 'name'>, (a: DatasetImage, b: DatasetImage) => number>
> = {
  most: (a, b) => b.annotationCount - a.annotationCount,
  fewest: (a, b) => a.annotationCount - b.annotationCount,
  newest: (a, b) => b.modifiedAtMs - a.modifiedAtMs,
  stage: (a, b) => stageIndex(a) - stageIndex(b),
}

/** Images in an order, with what a grid asks of them. */
export interface OrderedImages extends ImageSet {
  at(index: number): DatasetImage | undefined
  slice(start: number, end: number): readonly DatasetImage[]
  /** -1 when it is not among them. */
  indexOf(id: string): number
}

class SortedImages implements OrderedImages {
  readonly #images: readonly DatasetImage[]
  #places: ReadonlyMap<string, number> | null = null

  constructor(images: readonly DatasetImage[]) {
    this.#images = images
  }

  get length(): number {
    return this.#images.length
  }

  [Symbol.iterator](): Iterator<DatasetImage> {
    return this.#images[Symbol.iterator]()
  }

  at(index: number): DatasetImage | undefined {
    return this.#images[index]
  }

  slice(start: number, end: number): readonly DatasetImage[] {
    return this.#images.slice(start, end)
  }

  indexOf(id: string): number {
    this.#places ??= new Map(this.#images.map((image, index) => [image.id, index]))
    return this.#places.get(id) ?? -1
  }
}

/** The images in an order; by name they are in it already. */
export function sortImages(images: ImageList, sort: GallerySort): OrderedImages {
  return sort === 'name' ? images : new SortedImages([...images].sort(ORDERS[sort]))
}
