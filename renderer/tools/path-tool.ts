import { actionKey } from '#renderer/document/key-label.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { distance } from '#shared/geometry/point.ts'
import { simplifyPath } from '#shared/geometry/polygon-ops.ts'
import { ringsContain } from '#shared/geometry/ring.ts'
import { MIN_RING_POINTS } from '#shared/geometry/shapes/polygon.ts'
import { MIN_POLYLINE_POINTS } from '#shared/geometry/shapes/polyline.ts'
import { type BorderPlace, borderBetween } from '#shared/geometry/snap.ts'
import type { Annotation, Point, PolygonShape } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { hint } from './hint.ts'
import { PointsTool } from './points-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'
import { Wire } from './wire.ts'

/** A click this close to the first vertex closes the shape. Screen pixels. */
const CLOSE_RADIUS = 10
/** Maximum distance between the two clicks of a double click. Screen pixels. */
const SAME_CLICK = 3
/** A press that moves more than this draws freehand. Screen pixels. */
const FREEHAND_FROM = 8

/** Base of polygons, holes and polylines: draws point by point or freehand. */
abstract class PathTool extends PointsTool {
  /** The border that the last point snapped to. */
  #border: BorderPlace | null = null
  /** The freehand line of the held pointer. */
  #stroke: Point[] = []
  readonly #wire = new Wire(this.host)
  /** Position of the last live-wire click; the point itself may have snapped to an edge beside it. */
  #clicked: Point | null = null

  protected abstract readonly closed: boolean
  protected abstract readonly fewest: number
  /** Commits the shape. False if it is invalid; the user has been told why. */
  protected abstract commit(points: Point[]): boolean
  /** Message if there are too few points to finish. */
  protected abstract tooFew(fewest: number): string

  override pointerDown({ at }: Pointer): void {
    this.#stroke = [at]
  }

  override pointerMove(pointer: Pointer, held: boolean): void {
    const last = this.#stroke.at(-1)
    if (held && last && distance(last, pointer.at) >= pointer.pixel) this.#stroke.push(pointer.at)
    super.pointerMove(pointer, held)
    const from = this.points.at(-1)
    if (from && this.#isWired(pointer) && this.#stroke.length < 2)
      this.#wire.lookAhead(from, pointer)
  }

  override pointerUp(pointer: Pointer): void {
    const stroke = this.#stroke
    this.#stroke = []
    this.pointer = pointer
    // The press was cancelled while it was held.
    if (stroke.length === 0) return
    if (this.#isFreehand(stroke, pointer)) this.#addStroke(stroke, pointer)
    else if (this.#closes(pointer)) this.finish()
    else if (this.#isWired(pointer)) this.#addWired(pointer)
    // Earlier live-wire clicks may still be waiting for their paths, so this one is queued.
    else if (this.#wire.isBusy) this.#wire.afterwards(() => this.#addPoint(pointer))
    else this.#addPoint(pointer)
  }

  override doubleClick(): void {
    this.finish()
  }

  override finish(): boolean {
    const { pointer } = this
    const isWired = this.host.liveWire() && this.closed && this.points.length > 1
    if (this.#wire.isBusy || (isWired && pointer)) {
      this.#wire.afterwards(async (isCurrent) => {
        if (isWired && pointer) await this.#closeWired(pointer, isCurrent)
        if (isCurrent()) this.#commit()
      })
      return true
    }
    return this.#commit()
  }

  #commit(): boolean {
    if (this.points.length === 0) return false
    if (this.points.length < this.fewest) {
      this.host.say(this.tooFew(this.fewest))
      return true
    }
    const points = this.points
    this.points = []
    if (!this.commit(points)) this.points = points
    else this.#wire.forget()
    this.#border = null
    this.#clicked = null
    this.host.changed()
    return true
  }

  override cancel(): boolean {
    this.#border = null
    this.#clicked = null
    this.#wire.forget()
    const held = this.#stroke.length > 1
    this.#stroke = []
    if (!held) return super.cancel()
    this.host.changed()
    return true
  }

  override release(): boolean {
    const held = this.#stroke.length > 1
    this.#stroke = []
    this.host.changed()
    return held
  }

  override removeLast(): boolean {
    this.#border = null
    this.#clicked = null
    // A click whose path is still being found has no points yet; the clicks before it stay.
    if (!this.#wire.dropLast()) return super.removeLast()
    this.host.changed()
    return true
  }

  override preview(): Preview {
    const { pointer } = this
    const place = pointer && this.host.snap(pointer)
    if (this.points.length === 0 && this.#stroke.length < 2)
      return { ...NO_PREVIEW, snap: place?.at ?? null }
    const closing = pointer && this.#closes(pointer) ? this.points[0] : null
    const end = closing ?? place?.at ?? pointer?.at
    const freehand = pointer && this.#isFreehand(this.#stroke, pointer)
    const last = this.points.at(-1)
    const ahead = last && pointer && this.#isWired(pointer) ? this.#wire.ahead(last) : null
    const straight = end ? [...this.#followed(place, pointer), end] : []
    const next = freehand ? this.#stroke : (ahead ?? straight)
    return {
      ...NO_PREVIEW,
      outlines: [{ points: [...this.points, ...next], closed: false }],
      vertices: this.points,
      closing,
      snap: closing ? null : (place?.at ?? null),
    }
  }

  hint(): string {
    const count = this.points.length
    if (this.#stroke.length > 1)
      return t(
        'Release to end the line · simplified to {freehandTolerance} px ([ and ] change it)',
        { freehandTolerance: this.host.freehandTolerance() },
      )
    if (count === 0)
      return t('Click the first point, or draw freehand: {className} · Esc: select tool', {
        className: this.host.className(),
      })
    const missing = this.fewest - count
    return hint(
      t('Click the next point'),
      missing > 0
        ? t('{missing} more needed', { missing })
        : this.closed
          ? t('First point, double-click or Enter: finish')
          : t('Double-click or Enter: finish'),
      this.#border !== null && t('Shift: follow the border'),
      t('Backspace: remove the last point'),
      t('Esc: discard'),
    )
  }

  #addPoint(pointer: Pointer): void {
    const place = this.host.snap(pointer)
    const at = place?.at ?? pointer.at
    const last = this.points.at(-1)
    if (last && distance(last, at) < SAME_CLICK * pointer.pixel) return
    const followed = this.#followed(place, pointer)
    this.#border = place
    this.addPoints([...followed, at])
  }

  /** Whether the path to the pointer follows edges in the image. */
  #isWired({ shift }: Pointer): boolean {
    return this.host.liveWire() && !shift
  }

  /** A live-wire click: its points are added when its path is found, in the order of the clicks. */
  #addWired(pointer: Pointer): void {
    const isSame =
      this.#clicked !== null && distance(this.#clicked, pointer.at) < SAME_CLICK * pointer.pixel
    if (isSame) return
    this.#clicked = pointer.at
    const place = this.host.snap(pointer)
    this.#wire.afterwards(async (isCurrent) => {
      const last = this.points.at(-1)
      const way = last
        ? await this.#wire.wayTo(last, pointer, place?.at ?? null)
        : [place?.at ?? (await this.#wire.begin(pointer))]
      if (!isCurrent()) return
      this.#border = place
      this.addPoints(way)
    })
  }

  /** Closes the shape; the path back to the first point follows edges too. */
  async #closeWired(pointer: Pointer, isCurrent: () => boolean): Promise<void> {
    const [first] = this.points
    const last = this.points.at(-1)
    if (!last || this.points.length < 2) return
    const way = await this.#wire.wayTo(last, pointer, first)
    if (isCurrent()) this.points = [...this.points, ...way.slice(0, -1)]
  }

  /** With Shift, the vertices of a neighbouring border between the last point and the next, so that both shapes share it. */
  #followed(place: BorderPlace | null, pointer: Pointer | null): Point[] {
    return this.#border && place && pointer?.shift ? borderBetween(this.#border, place) : []
  }

  /** Whether the held pointer moved too far for a click. */
  #isFreehand([first, ...others]: readonly Point[], { at, pixel }: Pointer): boolean {
    return (
      first !== undefined &&
      [...others, at].some((point) => distance(first, point) > FREEHAND_FROM * pixel)
    )
  }

  #addStroke(stroke: readonly Point[], pointer: Pointer): void {
    const tolerance = this.host.freehandTolerance()
    const simple = simplifyPath([...stroke, pointer.at], tolerance * pointer.pixel)
    // A freehand line that returns to its start is a complete shape.
    const whole = [...this.points, ...simple]
    const closes =
      this.closed &&
      whole.length > this.fewest &&
      distance(whole[0], pointer.at) < CLOSE_RADIUS * pointer.pixel
    const kept = closes ? simple.length - 1 : simple.length
    this.#border = null
    this.host.say(
      t('{length} points drawn, {kept} kept at a tolerance of {tolerance} px', {
        length: stroke.length,
        kept,
        tolerance,
      }),
    )
    this.setPoints(closes ? whole.slice(0, -1) : whole)
    if (closes) this.finish()
  }

  #closes({ at, pixel }: Pointer): boolean {
    return (
      this.closed &&
      this.points.length >= this.fewest &&
      distance(this.points[0], at) < CLOSE_RADIUS * pixel
    )
  }
}

export class PolygonTool extends PathTool {
  protected readonly closed = true
  protected readonly fewest = MIN_RING_POINTS

  protected tooFew(fewest: number): string {
    return t('A polygon needs at least {fewest} points', { fewest })
  }

  protected commit(points: Point[]): boolean {
    const shape: PolygonShape = { kind: 'polygon', rings: [points] }
    this.host.create(shape)
    if (selfCrossings(shape).length > 0)
      this.host.say(
        t('The polygon crosses itself · the warning in the list repairs it, {key} undoes it', {
          key: actionKey('undo'),
        }),
      )
    return true
  }
}

export class PolylineTool extends PathTool {
  protected readonly closed = false
  protected readonly fewest = MIN_POLYLINE_POINTS

  protected tooFew(fewest: number): string {
    return t('A polyline needs at least {fewest} points', { fewest })
  }

  protected commit(points: Point[]): boolean {
    this.host.create({ kind: 'polyline', points })
    return true
  }
}

type PolygonAnnotation = Annotation & { shape: PolygonShape }

function isPolygon(annotation: Annotation): annotation is PolygonAnnotation {
  return annotation.shape.kind === 'polygon'
}

/** Draws a ring inside a polygon, which becomes a hole of it. */
export class HoleTool extends PathTool {
  protected readonly closed = true
  protected readonly fewest = MIN_RING_POINTS

  protected tooFew(fewest: number): string {
    return t('A hole needs at least {fewest} points', { fewest })
  }

  protected commit(points: Point[]): boolean {
    const around = (candidate: Annotation): candidate is PolygonAnnotation =>
      isPolygon(candidate) && points.every((point) => ringsContain(candidate.shape.rings, point))
    const owner = this.host.selected().find(around) ?? this.host.pick(points[0], 0).find(around)
    if (!owner) {
      this.host.say(t('A hole must lie inside a polygon: move its points, or press Esc'))
      return false
    }
    if (this.host.isLocked(owner)) {
      this.host.say(t('This polygon is locked'))
      return false
    }
    const after = { ...owner, shape: { ...owner.shape, rings: [...owner.shape.rings, points] } }
    this.host.edit(t('Cut hole'), { created: [], updated: [{ before: owner, after }], deleted: [] })
    return true
  }

  override pointerUp(pointer: Pointer): void {
    const isFirst = this.points.length === 0
    const isInside = this.host.pick(pointer.at, 0).some(isPolygon)
    if (isFirst && !isInside) {
      this.cancel()
      this.host.say(t('A hole starts inside a polygon'))
      return
    }
    super.pointerUp(pointer)
  }

  override hint(): string {
    return this.points.length === 0
      ? t('Click the first point of a hole, inside a polygon · Esc: select tool')
      : super.hint()
  }
}
