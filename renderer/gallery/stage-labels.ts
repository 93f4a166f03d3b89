import type { Split, Stage } from '#shared/model/dataset.ts'

export const STAGE_LABEL: Record<Stage, string> = {
  new: 'New',
  annotate: 'In progress',
  review: 'In review',
  complete: 'Complete',
}

export const SPLIT_LABEL: Record<Split, string> = {
  train: 'Train',
  val: 'Validation',
  test: 'Test',
}
