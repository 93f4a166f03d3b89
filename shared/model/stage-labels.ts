import { t } from '#shared/texts/texts.ts'
import type { Split, Stage } from './dataset.ts'

export const STAGE_LABEL: Record<Stage, string> = {
  new: t('New'),
  annotate: t('In progress'),
  review: t('In review'),
  complete: t('Complete'),
}

export const SPLIT_LABEL: Record<Split, string> = {
  train: t('Train'),
  val: t('Validation'),
  test: t('Test'),
}
