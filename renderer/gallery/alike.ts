import type { DatasetImage } from '#shared/model/dataset.ts'

/** Images that look alike. */
export interface AlikeGroup {
  images: readonly DatasetImage[]
  /** Of the two that are most alike, 0..1; null: unknown. */
  similarity: number | null
}

const STAGES: readonly DatasetImage['stage'][] = ['new', 'annotate', 'review', 'complete']

/** Ids of all images but the one with the most work in it: the most annotations, then the furthest stage, then the first. */
export function allButOne(images: readonly DatasetImage[]): string[] {
  const [kept] = images.toSorted(
    (a, b) =>
      b.annotationCount - a.annotationCount || STAGES.indexOf(b.stage) - STAGES.indexOf(a.stage),
  )
  return images.filter((image) => image !== kept).map(({ id }) => id)
}
