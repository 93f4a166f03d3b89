import { type Likeness, likeness } from './likeness.ts'
import type { Computed, StoredImage } from './state.ts'

type Image = StoredImage & Computed

export interface DuplicateSearch {
  /** Minimum similarity of two duplicates, 0 to 1. */
  threshold: number
  /** Maximum number of images to compare. */
  sample: number
  /** Maximum number of pairs per image. */
  neighbors: number
  maxPairs: number
}

/** Groups of images that look the same. */
export async function duplicatesOf(
  images: readonly Image[],
  search: DuplicateSearch,
  likenesses: Likeness,
) {
  const looked = images.slice(0, search.sample)
  const vectors = await Promise.all(looked.map((image) => likenesses.of(image)))
  const pairs = looked
    .flatMap((_image, a) =>
      looked
        .map((_other, b) => ({ a, b, similarity: b > a ? likeness(vectors[a], vectors[b]) : 0 }))
        .filter(({ similarity }) => similarity >= search.threshold)
        .sort((one, other) => other.similarity - one.similarity)
        .slice(0, search.neighbors),
    )
    .sort((one, other) => other.similarity - one.similarity)
  const used = pairs.slice(0, search.maxPairs)
  // Each image starts in its own group; a pair merges two groups.
  const groupOf = looked.map((_image, index) => index)
  for (const { a, b } of used) {
    const [from, to] = [groupOf[b], groupOf[a]]
    groupOf.forEach((group, index) => {
      if (group === from) groupOf[index] = to
    })
  }
  const groups = [...Map.groupBy(looked.keys(), (index) => groupOf[index])]
    .filter(([, members]) => members.length > 1)
    .map(([group, members]) => ({
      members: members.map((index) => memberOf(looked[index])),
      size: members.length,
      max_similarity: Math.max(
        ...used.filter(({ a }) => groupOf[a] === group).map(({ similarity }) => similarity),
      ),
    }))
    .sort((a, b) => b.size - a.size)
  const inGroups = groups.reduce((sum, { size }) => sum + size, 0)
  return {
    groups,
    group_count: groups.length,
    duplicate_image_count: inGroups,
    redundant_count: inGroups - groups.length,
    analyzed: looked.length,
    total_images: images.length,
    sample_limit: search.sample,
    sample_capped: images.length > looked.length,
    pairs_capped: pairs.length > used.length,
    threshold: search.threshold,
  }
}

const memberOf = ({ id, filename, directory_path, status, annotation_count }: Image) => ({
  id,
  filename,
  virtual_directory_path: directory_path,
  status,
  annotation_count,
})
