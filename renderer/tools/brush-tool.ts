import { choices } from '#renderer/document/choices.ts'
import { actionKey, keyLabel } from '#renderer/document/key-label.ts'
import { type BrushStroke, strokeTouches } from '#shared/assist/brush.ts'
import { distance } from '#shared/geometry/point.ts'
import {
  type Annotation,
  newAnnotation,
  newId,
  type Point,
  type PolygonShape,
} from '#shared/model/annotation.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { hint } from './hint.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

type PolygonAnnotation = Annotation & { shape: PolygonShape }

/** Screen pixels. */
const LEAST_RADIUS = 2
const MOST_RADIUS = 200
const LARGER = 1.2

const isPolygon = (annotation: Annotation): annotation is PolygonAnnotation =>
  annotation.shape.kind === 'polygon'

/** Adds to the selected polygon, paints a new one, or erases from polygons. Each stroke is one undo step. */
export class BrushTool extends IdleTool {
  readonly #erases: boolean
  /** The path of the current stroke; empty while the pointer is not held. */
  #points: Point[] = []
  #pointer: Pointer | null = null
  /** Strokes that are being turned into polygons, in the order they were drawn. */
  #waiting: BrushStroke[] = []
  #work = Promise.resolve()
  /** Maximum distance in image pixels between the last stroke's border and its polygon, shown in the hint; null before the first stroke. */
  #tolerance: string | null = null

  constructor(host: ToolHost, erases: boolean) {
    super(host)
    this.#erases = erases
  }

  override pointerDown(pointer: Pointer): void {
    this.#pointer = pointer
    this.#points = [pointer.at]
    this.host.changed()
  }

  override pointerMove(pointer: Pointer, held: boolean): void {
    this.#pointer = pointer
    const last = this.#points.at(-1)
    if (held && last && distance(last, pointer.at) >= pointer.pixel) this.#points.push(pointer.at)
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    this.#pointer = pointer
    if (this.#points.length === 0) return
    const stroke = this.#strokeOf(this.#points, pointer)
    // A class that is chosen later is meant for the next stroke.
    const className = this.host.className()
    this.#points = []
    this.#waiting = [...this.#waiting, stroke]
    this.#work = this.#work
      .then(() => this.#apply(stroke, className))
      .catch((error: unknown) => this.host.say(messageOf(error)))
      .finally(() => {
        this.#waiting = this.#waiting.filter((other) => other !== stroke)
        this.host.changed()
      })
    this.host.changed()
  }

  override cancel(): boolean {
    return this.release()
  }

  override release(): boolean {
    const held = this.#points.length > 0
    this.#points = []
    this.host.changed()
    return held
  }

  resize(direction: 1 | -1): void {
    const { brushRadius: now } = choices.getState()
    const next = direction > 0 ? Math.max(now + 1, now * LARGER) : Math.min(now - 1, now / LARGER)
    choices.setState({
      brushRadius: Math.round(Math.min(MOST_RADIUS, Math.max(LEAST_RADIUS, next))),
    })
    this.host.changed()
  }

  override preview(): Preview {
    const pointer = this.#pointer
    if (!pointer) return NO_PREVIEW
    const current = this.#points.length > 0 ? [this.#strokeOf(this.#points, pointer)] : []
    return {
      ...NO_PREVIEW,
      brush: {
        strokes: [...this.#waiting, ...current],
        radius: this.#radius(pointer),
        erases: this.#isErasing(pointer),
      },
    }
  }

  override cursor(): string {
    return 'none'
  }

  hint(): string {
    const size = choices.getState().brushRadius * 2
    const sizeHint = t('size {size} ({smaller} and {larger})', {
      size,
      smaller: actionKey('freehand-finer'),
      larger: actionKey('freehand-coarser'),
    })
    return hint(
      this.#action(),
      sizeHint,
      this.#tolerance && t('border within {tolerance} px', { tolerance: this.#tolerance }),
      t('Esc: select tool'),
    )
  }

  /** Says what a drag does. */
  #action(): string {
    if (this.#erases) return t('Drag over a polygon to erase')
    return this.host.selected().some(isPolygon)
      ? t('Drag to add to the selected polygon, with {key} to erase', { key: keyLabel('Alt') })
      : t('Drag to paint a new polygon: {className}', { className: this.host.className() })
  }

  #isErasing({ alt }: Pointer): boolean {
    return this.#erases !== alt
  }

  #radius({ pixel }: Pointer): number {
    return choices.getState().brushRadius * pixel
  }

  #strokeOf(points: readonly Point[], pointer: Pointer): BrushStroke {
    return {
      points: [...points],
      radius: this.#radius(pointer),
      erases: this.#isErasing(pointer),
      within: this.host.borders(),
    }
  }

  /** Decides what a stroke changes only when it is applied, because the previous stroke may have created that polygon. */
  async #apply(stroke: BrushStroke, className: string): Promise<void> {
    const targets = this.#targets(stroke)
    if (targets.length === 0 && stroke.erases) {
      this.host.say(t('There is no polygon here to erase from, or it is locked'))
      return
    }
    if (targets.length === 0) {
      await this.#paintNew(stroke, className)
      return
    }
    const changes: ChangeSet = { created: [], updated: [], deleted: [] }
    for (const before of targets) {
      const { shapes, tolerance } = await this.host.picture().brushed([before.shape], stroke)
      this.#tolerance = tolerance.toFixed(1)
      const [first, ...others] = shapes
      if (first) changes.updated.push({ before, after: { ...before, shape: first } })
      else changes.deleted.push(before)
      changes.created.push(...others.map((shape) => ({ ...before, id: newId(), shape })))
    }
    const current = new Set(this.host.annotations())
    if (!targets.every((annotation) => current.has(annotation))) {
      this.host.say(t('The shape changed meanwhile, so the stroke was not applied'))
      return
    }
    const selected = this.host.selected().map(({ id }) => id)
    this.host.edit(stroke.erases ? t('Erase') : t('Brush'), changes)
    this.host.select([...selected, ...changes.created.map(({ id }) => id)])
  }

  async #paintNew(stroke: BrushStroke, className: string): Promise<void> {
    const { shapes, tolerance } = await this.host.picture().brushed([], stroke)
    this.#tolerance = tolerance.toFixed(1)
    const attributes = defaultAttributes(this.host.classNamed(className))
    const created = shapes.map((shape) => newAnnotation(shape, className, { attributes }))
    if (created.length === 0) return
    this.host.edit(t('Draw {className}', { className }), { created, updated: [], deleted: [] })
    this.host.select(created.map(({ id }) => id))
  }

  /**
   * The polygons that a stroke changes. The brush adds to the first selected polygon that the stroke touches; the eraser
   * changes all selected ones that it touches. If none is selected, it is the polygon under the stroke.
   */
  #targets(stroke: BrushStroke): PolygonAnnotation[] {
    const isFree = (annotation: Annotation): annotation is PolygonAnnotation =>
      isPolygon(annotation) && !this.host.isLocked(annotation)
    const touches = ({ shape }: PolygonAnnotation) => strokeTouches(stroke, shape)
    const selected = this.host.selected().filter(isFree)
    const touched = selected.filter(touches)
    if (!stroke.erases) return (touched.length > 0 ? touched : selected).slice(0, 1)
    if (selected.length > 0) return touched
    for (const point of stroke.points) {
      const under = this.host.pick(point, stroke.radius).find(isFree)
      if (under) return [under]
    }
    return []
  }
}
