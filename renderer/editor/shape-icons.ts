import {
  CircleDot,
  type LucideIcon,
  Pentagon,
  RectangleHorizontal,
  RotateCwSquare,
  Spline,
} from 'lucide-react'
import type { ShapeKind } from '#shared/model/annotation.ts'

export const SHAPE_ICONS: Record<ShapeKind, LucideIcon> = {
  bbox: RectangleHorizontal,
  oriented_box: RotateCwSquare,
  polygon: Pentagon,
  polyline: Spline,
  keypoint: CircleDot,
}
