import type { Point } from '#shared/model/annotation.ts'

/** Segments of the polygon that stands for an ellipse: at most 0.5 % of the radius off. */
const SEGMENTS = 32

/** A polygon for an ellipse, image pixels. `degrees`: turned clockwise around its centre. */
export function ellipseRing(centre: Point, rx: number, ry: number, degrees = 0): Point[] {
  const turn = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  return Array.from({ length: SEGMENTS }, (_, index) => {
    const angle = (index / SEGMENTS) * 2 * Math.PI
    const [x, y] = [rx * Math.cos(angle), ry * Math.sin(angle)]
    return { x: centre.x + x * cos - y * sin, y: centre.y + x * sin + y * cos }
  })
}
