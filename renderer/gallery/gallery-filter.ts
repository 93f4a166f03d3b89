import { type ImageList, imageCounter, imageFilter } from '#renderer/document/image-list.ts'
import type { DatasetImage, Split, Stage } from '#shared/model/dataset.ts'

/** Filter of the grid; an empty field matches all images. */
export interface GalleryFilter {
  text: string
  stage: Stage | ''
  split: Split | 'none' | ''
  tag: string
  labels: 'some' | 'none' | ''
  proposals: 'some' | 'none' | ''
  sync: NonNullable<DatasetImage['remote']>['sync'] | ''
  /** Images with annotations of this class. */
  className: string
  /** Images in this folder and below it. */
  folder: string
}

export const NO_FILTER: GalleryFilter = {
  text: '',
  stage: '',
  split: '',
  tag: '',
  labels: '',
  proposals: '',
  sync: '',
  className: '',
  folder: '',
}

const isEmpty = (filter: GalleryFilter) =>
  Object.values({ ...filter, text: filter.text.trim() }).every((value) => value === '')

/**
 * Narrows lists to the images that fit, in their order; to be kept while the filter is the same. `withClass`: the ids of
 * images that have the class of the filter. `hasProposals`: of an image, by its id.
 */
export function galleryFilter(
  filter: GalleryFilter,
  withClass: ReadonlySet<string> = new Set(),
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
    (filter.sync === '' || remote?.sync === filter.sync) &&
    (filter.className === '' || withClass.has(id)) &&
    (filter.folder === '' || path.startsWith(`${filter.folder}/`))
  return imageFilter(fits)
}

/** Finds all tags in use, most used first; to be kept for later lists. */
export function tagFinder(): (images: ImageList) => string[] {
  const count = imageCounter(({ tags }) => tags)
  return (images) => byUse(count(images))
}

/** All folders above a path: of `a/b/c.jpg` `a` and `a/b`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Finds all folders with how many images are in each and below it, by name; to be kept for later lists. */
export function folderFinder(): (images: ImageList) => [string, number][] {
  const count = imageCounter(({ path }) => foldersOf(path))
  return (images) => [...count(images)].sort(([a], [b]) => a.localeCompare(b))
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
