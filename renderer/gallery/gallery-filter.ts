import { type ImageList, imageCounter, imageFilter } from '#renderer/document/image-list.ts'
import type { DatasetImage, Split, Stage } from '#shared/model/dataset.ts'

/** What images of the grid have to be like; an empty field lets all through. */
export interface GalleryFilter {
  text: string
  stage: Stage | ''
  split: Split | 'none' | ''
  tag: string
  labels: 'some' | 'none' | ''
  proposals: 'some' | 'none' | ''
  sync: NonNullable<DatasetImage['remote']>['sync'] | ''
}

export const NO_FILTER: GalleryFilter = {
  text: '',
  stage: '',
  split: '',
  tag: '',
  labels: '',
  proposals: '',
  sync: '',
}

const isEmpty = (filter: GalleryFilter) =>
  Object.values({ ...filter, text: filter.text.trim() }).every((value) => value === '')

/**
 * Narrows lists to the images that fit, in their order; to be kept while the filter is the same. `hasProposals`: of an
 * image, by its id.
 */
export function galleryFilter(
  filter: GalleryFilter,
  hasProposals: (imageId: string) => boolean = () => false,
): (images: ImageList) => ImageList {
  if (isEmpty(filter)) return (images) => images
  const text = filter.text.trim().toLowerCase()
  const fits = ({ id, path, stage, split, tags, annotationCount, remote }: DatasetImage) =>
    (text === '' || path.toLowerCase().includes(text)) &&
    (filter.stage === '' || stage === filter.stage) &&
    (filter.split === '' || (split ?? 'none') === filter.split) &&
    (filter.tag === '' || tags.includes(filter.tag)) &&
    (filter.labels === '' || annotationCount > 0 === (filter.labels === 'some')) &&
    (filter.proposals === '' || hasProposals(id) === (filter.proposals === 'some')) &&
    (filter.sync === '' || remote?.sync === filter.sync)
  return imageFilter(fits)
}

/** Finds all tags in use, most used first; to be kept for later lists. */
export function tagFinder(): (images: ImageList) => string[] {
  const count = imageCounter(({ tags }) => tags)
  return (images) => byUse(count(images))
}

/** All tags in use, most used first. */
export function tagsOf(images: Iterable<DatasetImage>): string[] {
  const uses = new Map<string, number>()
  for (const { tags } of images) for (const tag of tags) uses.set(tag, (uses.get(tag) ?? 0) + 1)
  return byUse(uses)
}

function byUse(uses: ReadonlyMap<string, number>): string[] {
  return [...uses].sort((a, b) => b[1] - a[1]).map(([tag]) => tag)
}
