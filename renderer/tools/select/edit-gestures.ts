import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from '#renderer/tools/tool.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import {
  boundsOfShapes,
  clampMove,
  isInside,
  lastInside,
  movedInside,
} from '#shared/geometry/clamp-shape.ts'
import { distance } from '#shared/geometry/point.ts'
import {
  dragShapeHandle,
  moveShapeVertices,
  shapeVertices,
  stretchBetween,
  stretchShape,
  translateShape,
} from '#shared/geometry/shape.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import { BOX_HANDLES, resizeBox } from '#shared/geometry/shapes/bbox.ts'
import type { Annotation, BboxShape, Box, Point, Shape } from '#shared/model/annotation.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Gesture } from './gesture.ts'

/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 3

/** Computes the new shapes from the original shapes and the current pointer, so that errors do not accumulate. */
abstract class EditGesture implements Gesture {
  abstract readonly cursor: string
  protected readonly host: ToolHost
  protected readonly from: Point
  readonly #initial: readonly Annotation[]
  readonly #shapes = new Map<string, Shape>()
  /** Label of the edit in the history. */
  readonly #labelOf: (what: string) => string
  #moved = false

  constructor(
    host: ToolHost,
    from: Point,
    initial: readonly Annotation[],
    labelOf: (what: string) => string,
  ) {
    this.host = host
    this.from = from
    this.#initial = initial
    this.#labelOf = labelOf
  }

  move(pointer: Pointer): void {
    this.#moved ||= distance(this.from, pointer.at) >= CLICK_SLOP * pointer.pixel
    if (!this.#moved) return
    for (const { id, shape } of this.#initial) {
      const next = this.reshape(shape, pointer)
      if (next) this.#shapes.set(id, next)
    }
  }

  finish(pointer: Pointer): void {
    if (!this.#moved) {
      this.onClick(pointer)
      return
    }
    const updated = this.#initial.flatMap((before) => {
      const shape = this.#shapes.get(before.id)
      return shape ? [{ before, after: { ...before, shape } }] : []
    })
    const what =
      updated.length === 1 ? this.#initial[0].className : counted(updated.length, 'shape')
    this.host.edit(this.#labelOf(what), { created: [], updated, deleted: [] })
  }

  preview(): Preview {
    return { ...NO_PREVIEW, replaced: this.#shapes }
  }

  hint(): string {
    return t('Release to finish · Shift: keep proportions or snap the angle · Esc: cancel')
  }

  /** Null: the pointer is at an invalid place, so the last valid shape stays. */
  protected abstract reshape(shape: Shape, pointer: Pointer): Shape | null
  protected onClick(_pointer: Pointer): void {}
}

export class MoveShapes extends EditGesture {
  readonly cursor = 'move'
  readonly #click: (pointer: Pointer) => void
  /** The box around all moved shapes. They stop together at the border of the image. */
  readonly #bounds: Box

  /** `onClick` is called if the press does not move. */
  constructor(
    host: ToolHost,
    from: Point,
    initial: readonly Annotation[],
    onClick: (pointer: Pointer) => void,
  ) {
    super(host, from, initial, (what) => t('Move {what}', { what }))
    this.#click = onClick
    this.#bounds = boundsOfShapes(initial.map(({ shape }) => shape))
  }

  protected reshape(shape: Shape, { at }: Pointer): Shape {
    const size = this.host.borders()
    const by = { x: at.x - this.from.x, y: at.y - this.from.y }
    const { x, y } = size ? clampMove(this.#bounds, by, size) : by
    return translateShape(shape, x, y)
  }

  protected override onClick(pointer: Pointer): void {
    this.#click(pointer)
  }
}

export class DragHandle extends EditGesture {
  readonly cursor: string
  readonly #handle: Handle
  readonly #id: string
  #snap: Point | null = null

  constructor(host: ToolHost, from: Point, annotation: Annotation, handle: Handle) {
    super(host, from, [annotation], (what) => t('Reshape {what}', { what }))
    this.#handle = handle
    this.#id = annotation.id
    this.cursor = handle.cursor
  }

  protected reshape(shape: Shape, pointer: Pointer): Shape | null {
    const { at, shift, alt } = pointer
    const { at: start, role, id } = this.#handle
    const isVertex = role === 'vertex' || role === 'midpoint'
    this.#snap = (isVertex ? this.host.snap(pointer, this.#id)?.at : null) ?? null
    // The handle keeps its offset to the pointer, so that grabbing it does not move it.
    const moved = { x: start.x + at.x - this.from.x, y: start.y + at.y - this.from.y }
    const make = (to: Point) =>
      dragShapeHandle(shape, id, { to, constrain: shift, fromCentre: alt })
    const size = this.host.borders()
    if (role === 'rotate') {
      const turned = make(moved)
      return turned && size && isInside(shape, size) ? movedInside(turned, size) : turned
    }
    const to = this.#snap ?? this.host.inside(moved)
    // With Shift or Alt, or in a rotated box, other corners move besides the held one.
    return size && isInside(shape, size) ? lastInside(make, start, to, size) : make(to)
  }

  override preview(): Preview {
    return { ...super.preview(), snap: this.#snap }
  }
}

export class MoveVertices extends EditGesture {
  readonly cursor = 'move'
  readonly #handleIds: ReadonlySet<string>

  constructor(host: ToolHost, from: Point, annotation: Annotation, handleIds: ReadonlySet<string>) {
    super(host, from, [annotation], (what) => t('Reshape {what}', { what }))
    this.#handleIds = handleIds
  }

  protected reshape(shape: Shape, { at }: Pointer): Shape | null {
    const size = this.host.borders()
    const make = ({ x, y }: Point) =>
      moveShapeVertices(shape, this.#handleIds, x - this.from.x, y - this.from.y)
    return size && isInside(shape, size) ? lastInside(make, this.from, at, size) : make(at)
  }

  override hint(): string {
    return t('Release to finish · moving {size} points · Esc: cancel', {
      size: this.#handleIds.size,
    })
  }
}

/** The box around several annotations; its handles scale them. Image pixels. */
export function frameOf(annotations: readonly Annotation[]): Box {
  return boundsOfPoints(annotations.flatMap(({ shape }) => shapeVertices(shape)))
}

/** Distance between the frame and the shapes. Screen pixels. */
export const FRAME_MARGIN = 14

export function frameHandles({ x, y, w, h }: Box): Handle[] {
  return BOX_HANDLES.map(({ id, sx, sy, cursor }) => ({
    id,
    role: 'resize',
    at: { x: x + (w * (sx + 1)) / 2, y: y + (h * (sy + 1)) / 2 },
    offset: { x: sx * FRAME_MARGIN, y: sy * FRAME_MARGIN },
    cursor,
  }))
}

/** Scales several shapes together by a handle of their frame. */
export class StretchFrame extends EditGesture {
  readonly cursor: string
  readonly #handle: Handle
  readonly #frame: Box

  constructor(host: ToolHost, from: Point, annotations: readonly Annotation[], handle: Handle) {
    super(host, from, annotations, (what) => t('Scale {what}', { what }))
    this.#handle = handle
    this.#frame = frameOf(annotations)
    this.cursor = handle.cursor
  }

  protected reshape(shape: Shape, { at, shift, alt }: Pointer): Shape | null {
    const { at: start, id } = this.#handle
    const to = { x: start.x + at.x - this.from.x, y: start.y + at.y - this.from.y }
    const { w, h } = this.#frame
    // A frame with zero width or height cannot be scaled that way; a size of 1 avoids a division by zero.
    const solid = { ...this.#frame, w: w || 1, h: h || 1 }
    const make = (place: Point): BboxShape | null => {
      const drag = { to: place, constrain: shift && w > 0 && h > 0, fromCentre: alt }
      const resized = resizeBox(solid, id, drag)
      return resized && { kind: 'bbox', ...resized }
    }
    const size = this.host.borders()
    const wasInside = size !== null && isInside({ kind: 'bbox', ...this.#frame }, size)
    const box = wasInside ? lastInside(make, start, to, size) : make(to)
    if (!box) return null
    const { sx, sy, dx, dy } = stretchBetween(solid, box)
    const stretched = stretchShape(shape, {
      sx: w > 0 ? sx : 1,
      sy: h > 0 ? sy : 1,
      dx: w > 0 ? dx : 0,
      dy: h > 0 ? dy : 0,
    })
    // A rotated box keeps its right angles, so it may need more room than the frame has.
    return wasInside && shape.kind === 'oriented_box' ? movedInside(stretched, size) : stretched
  }
}
