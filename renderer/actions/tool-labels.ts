import type { ToolId } from '#renderer/document/choices.ts'
import { t } from '#shared/texts/texts.ts'

/** The names of the actions that take a tool. */
export const TOOL_LABELS: Readonly<Record<ToolId, string>> = {
  select: t('Select tool'),
  pan: t('Pan tool'),
  bbox: t('Box tool'),
  extreme_box: t('Box by extreme points tool'),
  oriented_box: t('Oriented box tool'),
  polygon: t('Polygon tool'),
  hole: t('Hole tool'),
  slice: t('Slice tool'),
  polyline: t('Polyline tool'),
  keypoint: t('Keypoint tool'),
  pose: t('Pose tool'),
  outline: t('Box to polygon tool'),
  wand: t('Magic wand tool'),
  brush: t('Brush tool'),
  eraser: t('Eraser tool'),
  assist: t('Segment tool'),
}
