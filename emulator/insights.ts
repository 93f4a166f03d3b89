import type { State, StoredDataset } from './state.ts'

/** Maximum number of distinct sizes in the list. */
const SIZES_CAP = 200
const DENSITIES: readonly (readonly [name: string, most: number])[] = [
  ['0', 0],
  ['1-2', 2],
  ['3-5', 5],
  ['6-10', 10],
  ['11-20', 20],
  ['21-50', 50],
  ['51+', Number.POSITIVE_INFINITY],
]

function tally(values: Iterable<string>, zeros: readonly string[] = []): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(zeros.map((name) => [name, 0]))
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

interface Size {
  width: number | null
  height: number | null
}

function dimensions(images: readonly Size[]) {
  const known = images.flatMap(({ width, height }) =>
    width === null || height === null ? [] : [{ width, height }],
  )
  const range = (side: 'width' | 'height') => {
    const values = known.map((size) => size[side])
    const sum = values.reduce((total, value) => total + value, 0)
    const isNone = values.length === 0
    return {
      [`min_${side}`]: isNone ? null : Math.min(...values),
      [`max_${side}`]: isNone ? null : Math.max(...values),
      [`avg_${side}`]: isNone ? null : Math.round(sum / values.length),
    }
  }
  const shapes = known.map(({ width, height }) =>
    width > height ? 'landscape' : width < height ? 'portrait' : 'square',
  )
  const sizes = Object.entries(tally(known.map(({ width, height }) => `${width}x${height}`)))
    .map(([size, count]) => {
      const [w, h] = size.split('x').map(Number)
      return { w, h, count }
    })
    .sort((a, b) => b.count - a.count)
  return {
    ...range('width'),
    ...range('height'),
    orientation: tally(shapes, ['landscape', 'portrait', 'square']),
    sizes: sizes.slice(0, SIZES_CAP),
    distinct_size_count: sizes.length,
    images_with_dimensions: known.length,
    images_missing_dimensions: images.length - known.length,
  }
}

/** Confidence of models; null if no image has anything below 1. */
function modelConfidence(lowest: readonly number[]) {
  const flagged = lowest.filter((value) => value < 1)
  if (flagged.length === 0) return null
  const between = (from: number, to: number) =>
    flagged.filter((value) => value >= from && value < to).length
  return {
    flagged: flagged.length,
    lowest: Math.min(...flagged),
    avg_flagged: flagged.reduce((sum, value) => sum + value, 0) / flagged.length,
    buckets: {
      lt50: between(0, 0.5),
      b50_70: between(0.5, 0.7),
      b70_90: between(0.7, 0.9),
      b90_100: between(0.9, 1),
    },
  }
}

/** Statistics of a dataset, without archived images. */
export function insights(state: State, dataset: StoredDataset) {
  const images = state.images(dataset.id).filter(({ is_archived }) => !is_archived)
  const lists = images.map((image) => state.annotations(image.id))
  const all = lists.flat()
  const annotated = lists.filter((list) => list.length > 0).length
  const densityOf = (count: number) => DENSITIES.find(([, most]) => count <= most)?.[0] ?? '51+'
  return {
    total_images: images.length,
    total_annotations: all.length,
    annotated_images: annotated,
    unannotated_images: images.length - annotated,
    avg_annotations_per_image: images.length > 0 ? all.length / images.length : 0,
    total_bytes: images.reduce((sum, { file_size }) => sum + file_size, 0),
    status_counts: tally(
      images.map(({ status }) => status),
      ['new', 'annotate', 'review', 'complete'],
    ),
    class_annotation_counts: tally(all.map(({ name }) => name)),
    class_image_counts: tally(lists.flatMap((list) => [...new Set(list.map(({ name }) => name))])),
    type_counts: tally(all.map(({ type }) => type)),
    annotation_density: tally(
      lists.map(({ length }) => densityOf(length)),
      DENSITIES.map(([name]) => name),
    ),
    dimensions: dimensions(images),
    model_confidence: modelConfidence(images.flatMap((image) => image.min_confidence ?? [])),
  }
}
