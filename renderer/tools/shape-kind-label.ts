import type { ShapeKind } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'

export const SHAPE_KIND_LABEL: Readonly<Record<ShapeKind, string>> = {
  bbox: t('Bounding box'),
  oriented_box: t('Oriented box'),
  polygon: t('Polygon'),
  polyline: t('Polyline'),
  keypoint: t('Keypoint'),
}
