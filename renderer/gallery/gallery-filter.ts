import type { DatasetImage, Split, Stage } from '#shared/model/dataset.ts'

/** What images of the grid have to be like; an empty field lets all through. */
export interface GalleryFilter {
  text: string
  stage: Stage | ''
  split: Split | 'none' | ''
  tag: string
  labels: 'some' | 'none' | ''
  sync: NonNullable<DatasetImage['remote']>['sync'] | ''
}

export const NO_FILTER: GalleryFilter = {
  text: '',
  stage: '',
  split: '',
  tag: '',
  labels: '',
  sync: '',
}

/** Pure: the images that fit, in their order. */
export function filterImages(
  images: readonly DatasetImage[],
  filter: GalleryFilter,
): readonly DatasetImage[] {
  const text = filter.text.trim().toLowerCase()
  const fits = ({ path, stage, split, tags, annotationCount, remote }: DatasetImage) =>
    (text === '' || path.toLowerCase().includes(text)) &&
    (filter.stage === '' || stage === filter.stage) &&
    (filter.split === '' || (split ?? 'none') === filter.split) &&
    (filter.tag === '' || tags.includes(filter.tag)) &&
    (filter.labels === '' || annotationCount > 0 === (filter.labels === 'some')) &&
    (filter.sync === '' || remote?.sync === filter.sync)
  return images.filter(fits)
}

/** All tags in use, most used first. */
export function tagsOf(images: readonly DatasetImage[]): string[] {
  const uses = new Map<string, number>()
  for (const { tags } of images) for (const tag of tags) uses.set(tag, (uses.get(tag) ?? 0) + 1)
  return [...uses].sort((a, b) => b[1] - a[1]).map(([tag]) => tag)
}
