import { z } from 'zod'
import type { Draft } from '#shared/contract/contract.ts'
import { distance } from '#shared/geometry/point.ts'
import { ringsContain } from '#shared/geometry/ring.ts'
import { MIN_RING_POINTS } from '#shared/geometry/shapes/polygon.ts'
import { MIN_POLYLINE_POINTS } from '#shared/geometry/shapes/polyline.ts'
import type { Annotation, Point, PolygonShape } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost, type ToolId } from './tool.ts'

/** How near the first vertex a click closes the shape, screen pixels. */
const CLOSE_RADIUS = 10
/** The second click of a double click lands this near the first, screen pixels. */
const SAME_CLICK = 3

const draftSchema = z.object({ points: z.array(z.object({ x: z.number(), y: z.number() })) })

/** Point by point: what polygons, holes and polylines have in common. */
abstract class PathTool extends IdleTool {
  protected points: Point[] = []
  #at: Pointer | null = null

  constructor(host: ToolHost, draft: Draft | null) {
    super(host)
    const kept = draftSchema.safeParse(draft?.data)
    if (kept.success) this.points = kept.data.points
  }

  protected abstract readonly id: ToolId
  protected abstract readonly closed: boolean
  protected abstract readonly fewest: number
  /** Commits the shape; false when it cannot be one, which has been said. */
  protected abstract commit(points: Point[]): boolean
  /** What is drawn, for the hint. */
  protected abstract readonly what: string

  override pointerMove(pointer: Pointer): void {
    this.#at = pointer
    if (this.points.length > 0) this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    this.#at = pointer
    if (this.#closes(pointer)) {
      this.finish()
      return
    }
    const last = this.points.at(-1)
    if (last && distance(last, pointer.at) < SAME_CLICK * pointer.pixel) return
    this.#set([...this.points, pointer.at])
  }

  override doubleClick(): void {
    this.finish()
  }

  override finish(): boolean {
    if (this.points.length === 0) return false
    if (this.points.length < this.fewest) {
      this.host.say(`${this.what} needs at least ${this.fewest} points`)
      return true
    }
    const points = this.points
    this.points = []
    if (!this.commit(points)) this.points = points
    this.host.changed()
    return true
  }

  override cancel(): boolean {
    if (this.points.length === 0) return false
    this.#set([])
    return true
  }

  override removeLast(): boolean {
    if (this.points.length === 0) return false
    this.#set(this.points.slice(0, -1))
    return true
  }

  override preview(): Preview {
    const at = this.#at
    if (this.points.length === 0) return NO_PREVIEW
    const closing = at && this.#closes(at) ? this.points[0] : null
    const end = closing ?? at?.at
    return {
      ...NO_PREVIEW,
      outlines: [{ points: end ? [...this.points, end] : this.points, closed: false }],
      vertices: this.points,
      closing,
    }
  }

  hint(): string {
    const count = this.points.length
    if (count === 0) return `Click the first point: ${this.host.className()} · Esc to select`
    const finish =
      count < this.fewest
        ? `${this.fewest - count} more needed`
        : `${this.closed ? 'First point, ' : ''}double-click or Enter finishes`
    return `Click the next point · ${finish} · Backspace takes back · Esc drops it`
  }

  #closes({ at, pixel }: Pointer): boolean {
    return (
      this.closed &&
      this.points.length >= this.fewest &&
      distance(this.points[0], at) < CLOSE_RADIUS * pixel
    )
  }

  #set(points: Point[]): void {
    this.points = points
    this.host.keepDraft(points.length === 0 ? null : { tool: this.id, data: { points } })
    this.host.changed()
  }
}

export class PolygonTool extends PathTool {
  protected readonly id = 'polygon'
  protected readonly closed = true
  protected readonly fewest = MIN_RING_POINTS
  protected readonly what = 'A polygon'

  protected commit(points: Point[]): boolean {
    this.host.create({ kind: 'polygon', rings: [points] })
    return true
  }
}

export class PolylineTool extends PathTool {
  protected readonly id = 'polyline'
  protected readonly closed = false
  protected readonly fewest = MIN_POLYLINE_POINTS
  protected readonly what = 'A polyline'

  protected commit(points: Point[]): boolean {
    this.host.create({ kind: 'polyline', points })
    return true
  }
}

type PolygonAnnotation = Annotation & { shape: PolygonShape }

function isPolygon(annotation: Annotation): annotation is PolygonAnnotation {
  return annotation.shape.kind === 'polygon'
}

/** A ring inside a polygon becomes a hole of it. */
export class HoleTool extends PathTool {
  protected readonly id = 'hole'
  protected readonly closed = true
  protected readonly fewest = MIN_RING_POINTS
  protected readonly what = 'A hole'

  protected commit(points: Point[]): boolean {
    const around = (candidate: Annotation): candidate is PolygonAnnotation =>
      isPolygon(candidate) && points.every((point) => ringsContain(candidate.shape.rings, point))
    const owner = this.host.selected().find(around) ?? this.host.pick(points[0], 0).find(around)
    if (!owner) {
      this.host.say('A hole must lie inside a polygon: move its points, or press Esc')
      return false
    }
    if (this.host.isLocked(owner)) {
      this.host.say('This polygon is locked')
      return false
    }
    const after = { ...owner, shape: { ...owner.shape, rings: [...owner.shape.rings, points] } }
    this.host.edit('Cut hole', { created: [], updated: [{ before: owner, after }], deleted: [] })
    return true
  }

  override hint(): string {
    return this.points.length === 0
      ? 'Click the first point of a hole, inside a polygon · Esc to select'
      : super.hint()
  }
}
