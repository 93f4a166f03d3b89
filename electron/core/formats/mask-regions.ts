import { boxCorners } from '#shared/geometry/box.ts'
import { rasterise, traceMask } from '#shared/geometry/raster.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import type { LossLog } from './loss-log.ts'
import { boxOfObject, type LabelObject } from './objects.ts'
import type { Numbered } from './png-write.ts'
import { isSolid } from './yolo-lines.ts'

/** The pixels of each number but 0, as polygons in image pixels, by number. Only the part of a number's bounds is gone over. */
export function regionsByNumber({ width, height, values }: Numbered): Map<number, Shape[]> {
  const bounds = new Map<number, [left: number, top: number, right: number, bottom: number]>()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x]
      if (value === 0) continue
      const there = bounds.get(value)
      if (!there) bounds.set(value, [x, y, x, y])
      else {
        if (x < there[0]) there[0] = x
        if (x > there[2]) there[2] = x
        there[3] = y
      }
    }
  const regions = new Map<number, Shape[]>()
  for (const [value, [left, top, right, bottom]] of bounds) {
    const size = { width: right - left + 1, height: bottom - top + 1 }
    const data = new Uint8Array(size.width * size.height)
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++)
        data[y * size.width + x] = values[(top + y) * width + left + x] === value ? 1 : 0
    const moved = (ring: readonly Point[]) => ring.map(({ x, y }) => ({ x: x + left, y: y + top }))
    regions.set(
      value,
      traceMask({ ...size, data }).map((rings) => ({ kind: 'polygon', rings: rings.map(moved) })),
    )
  }
  return regions
}

function ringsOf(shape: Shape): readonly (readonly Point[])[] {
  if (shape.kind === 'bbox') return [boxCorners(shape)]
  if (shape.kind === 'oriented_box') return [orientedCorners(shape)]
  return shape.kind === 'polygon' ? shape.rings : []
}

/** Fills an object's shapes with a number, over what is there. false: it has no area, which is counted. */
export function paint(
  { width, height, values }: Numbered,
  object: LabelObject,
  number: number,
  format: string,
  where: string,
  losses: LossLog,
): boolean {
  const solid = object.regions.filter(isSolid)
  const shapes: Shape[] =
    solid.length > 0
      ? solid.map(({ shape }) => shape)
      : object.box || object.owner
        ? [{ kind: 'bbox', ...boxOfObject(object) }]
        : []
  if (shapes.length === 0) {
    const kind = object.regions[0]?.shape.kind ?? 'keypoint'
    losses.leaveOut(`${kind}s have no place in ${format} and are left out`, where)
    return false
  }
  if (object.joints.size > 0)
    losses.add(`keypoints have no place in ${format}: their box is filled`, where)
  if (shapes.some(({ kind }) => kind === 'bbox' || kind === 'oriented_box'))
    losses.add('boxes are written as filled areas', where)
  let [isPainted, isOver] = [false, false]
  for (const shape of shapes) {
    const { x, y, w, h } = shapeBounds(shape)
    const left = Math.max(0, Math.floor(x))
    const top = Math.max(0, Math.floor(y))
    const part = {
      width: Math.min(width, Math.ceil(x + w)) - left,
      height: Math.min(height, Math.ceil(y + h)) - top,
    }
    if (!(part.width > 0 && part.height > 0)) continue
    const { data } = rasterise(ringsOf(shape), part.width, part.height, left, top)
    for (let row = 0; row < part.height; row++)
      for (let column = 0; column < part.width; column++) {
        if (data[row * part.width + column] === 0) continue
        const at = (top + row) * width + left + column
        if (values[at] !== 0 && values[at] !== number) isOver = true
        values[at] = number
        isPainted = true
      }
  }
  if (isOver) losses.add('where objects overlap, the later one covers the other', where)
  const isWhole = shapes.every((shape) =>
    ringsOf(shape).every((ring) =>
      ring.every(({ x, y }) => Number.isInteger(x) && Number.isInteger(y)),
    ),
  )
  if (isPainted && !isWhole) losses.add('shapes are written to whole pixels', where)
  if (!isPainted) losses.leaveOut('objects that cover no pixel of the image are left out', where)
  return isPainted
}
