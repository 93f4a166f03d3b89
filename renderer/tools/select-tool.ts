import { boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { dragShapeHandle, removeShapeVertex, translateShape } from '#shared/geometry/shape.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Box, Point, Shape } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** How near a handle or an outline a press takes it, screen pixels. */
const HANDLE_RADIUS = 8
export const PICK_RADIUS = 5
/** A press that moves less is a click, screen pixels. */
const CLICK_SLOP = 3

type Gesture =
  | {
      kind: 'move'
      from: Point
      initial: Annotation[]
      shapes: Map<string, Shape>
      moved: boolean
      wasSelected: boolean
    }
  | {
      kind: 'handle'
      from: Point
      initial: Annotation
      handle: Handle
      shapes: Map<string, Shape>
      moved: boolean
    }
  | { kind: 'marquee'; from: Point; box: Box | null; add: boolean }

/** Picks, moves and reshapes. */
export class SelectTool extends IdleTool {
  #gesture: Gesture | null = null
  #over: { handle: Handle | null; annotation: Annotation | null } = {
    handle: null,
    annotation: null,
  }

  override pointerDown(pointer: Pointer): void {
    const { at, pixel, alt, shift, mod } = pointer
    const handle = this.#handleAt(at, pixel)
    const [only] = this.host.selected()
    if (handle && only) {
      if (alt && handle.role === 'vertex') this.#removeVertex(only, handle.id)
      else {
        this.host.selectVertex(handle.role === 'vertex' ? handle.id : null)
        this.#gesture = {
          kind: 'handle',
          from: at,
          initial: only,
          handle,
          shapes: new Map(),
          moved: false,
        }
      }
      return
    }
    const hit = this.#pick(at, pixel)
    if (!hit) {
      this.#gesture = { kind: 'marquee', from: at, box: null, add: shift || mod }
      return
    }
    if (shift || mod) {
      this.#toggleAt(at, pixel)
      return
    }
    const wasSelected = this.host.selected().some(({ id }) => id === hit.id)
    if (!wasSelected) this.host.select([hit.id])
    const initial = this.host.selected().filter((annotation) => !this.host.isLocked(annotation))
    this.#gesture = {
      kind: 'move',
      from: at,
      initial,
      shapes: new Map(),
      moved: false,
      wasSelected,
    }
  }

  override pointerMove(pointer: Pointer): void {
    const { at, pixel, shift, alt } = pointer
    const gesture = this.#gesture
    if (!gesture) {
      this.#over = { handle: this.#handleAt(at, pixel), annotation: this.#pick(at, pixel) }
      return
    }
    if (gesture.kind === 'marquee') {
      gesture.box = boxFromCorners(gesture.from, at)
      this.host.changed()
      return
    }
    gesture.moved ||= distance(gesture.from, at) >= CLICK_SLOP * pixel
    if (!gesture.moved) return
    if (gesture.kind === 'move') {
      const dx = at.x - gesture.from.x
      const dy = at.y - gesture.from.y
      for (const { id, shape } of gesture.initial)
        gesture.shapes.set(id, translateShape(shape, dx, dy))
    } else {
      // The handle keeps its distance to the pointer, so that taking it does not move it.
      const to = {
        x: gesture.handle.at.x + at.x - gesture.from.x,
        y: gesture.handle.at.y + at.y - gesture.from.y,
      }
      const { initial, handle } = gesture
      const shape = dragShapeHandle(initial.shape, handle.id, {
        to,
        constrain: shift,
        fromCentre: alt,
      })
      if (shape) gesture.shapes.set(initial.id, shape)
    }
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    const gesture = this.#gesture
    this.#gesture = null
    if (!gesture) return
    if (gesture.kind === 'marquee') this.#selectIn(gesture.box, gesture.add)
    else if (gesture.moved) this.#commit(gesture)
    else if (gesture.kind === 'move' && gesture.wasSelected) this.#cycle(pointer)
    this.host.changed()
  }

  override cancel(): boolean {
    if (this.#gesture) {
      this.#gesture = null
      this.host.changed()
      return true
    }
    if (this.host.vertex() !== null) {
      this.host.selectVertex(null)
      return true
    }
    const had = this.host.selected().length > 0
    this.host.select([])
    return had
  }

  override removeLast(): boolean {
    const vertex = this.host.vertex()
    const [only] = this.host.selected()
    if (vertex === null || !only) return false
    this.#removeVertex(only, vertex)
    return true
  }

  override preview(): Preview {
    const gesture = this.#gesture
    if (!gesture) return NO_PREVIEW
    if (gesture.kind === 'marquee') return { ...NO_PREVIEW, marquee: gesture.box }
    return { ...NO_PREVIEW, replaced: gesture.shapes }
  }

  override cursor(): string {
    if (this.#gesture?.kind === 'handle') return this.#gesture.handle.cursor
    if (this.#over.handle) return this.#over.handle.cursor
    if (!this.#over.annotation) return 'default'
    return this.#over.annotation && this.host.isLocked(this.#over.annotation) ? 'pointer' : 'move'
  }

  hint(): string {
    const selected = this.host.selected()
    if (this.#gesture?.kind === 'marquee') return 'Let go to select what lies inside · Esc cancels'
    if (this.#gesture)
      return 'Let go to finish · Shift keeps the proportions or snaps the angle · Esc cancels'
    if (selected.length === 0)
      return 'Click a shape to select it · drag selects several · R, P, L, K draw'
    if (this.host.vertex() !== null)
      return 'Drag moves the point · Backspace removes it · Esc lets go of it'
    if (selected.length > 1)
      return `${selected.length} selected · drag moves · digits relabel · Delete removes · Esc lets go`
    return 'Drag moves · handles reshape · Alt+click removes a point · digits relabel · Delete removes · Esc lets go'
  }

  #handleAt(at: Point, pixel: number): Handle | null {
    let nearest: Handle | null = null
    let best = HANDLE_RADIUS * pixel
    for (const handle of this.host.handles()) {
      // A vertex wins over a ghost at the same distance.
      const away = distance(handle.at, at) + (handle.role === 'midpoint' ? pixel : 0)
      if (away < best) {
        best = away
        nearest = handle
      }
    }
    return nearest
  }

  #pick(at: Point, pixel: number): Annotation | null {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    return hits.find(({ id }) => selected.has(id)) ?? hits[0] ?? null
  }

  /** Adds the smallest shape that is not selected yet; where all are, lets go of the smallest. */
  #toggleAt(at: Point, pixel: number): void {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    const target = hits.find(({ id }) => !selected.has(id)) ?? hits[0]
    if (target) this.host.toggle(target.id)
  }

  /** A click on what is selected already takes the next shape below it. */
  #cycle({ at, pixel }: Pointer): void {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    const current = hits.findIndex(({ id }) => selected.has(id))
    const next = hits[(current + 1) % hits.length]
    if (next) this.host.select([next.id])
  }

  #selectIn(box: Box | null, add: boolean): void {
    const inside = box && box.w > 0 && box.h > 0 ? this.host.inBox(box).map(({ id }) => id) : []
    const before = add ? this.host.selected().map(({ id }) => id) : []
    this.host.select([...before, ...inside])
  }

  #commit(gesture: Exclude<Gesture, { kind: 'marquee' }>): void {
    const initial = gesture.kind === 'move' ? gesture.initial : [gesture.initial]
    const updated = initial.flatMap((before) => {
      const shape = gesture.shapes.get(before.id)
      return shape ? [{ before, after: { ...before, shape } }] : []
    })
    const what = updated.length === 1 ? initial[0].className : `${updated.length} shapes`
    const verb = gesture.kind === 'move' ? 'Move' : 'Reshape'
    this.host.edit(`${verb} ${what}`, { created: [], updated, deleted: [] })
  }

  #removeVertex(annotation: Annotation, handleId: string): void {
    const shape = removeShapeVertex(annotation.shape, handleId)
    this.host.selectVertex(null)
    if (!shape) {
      this.host.say('It cannot spare this point: delete the whole shape instead')
      return
    }
    const after = { ...annotation, shape }
    this.host.edit('Remove point', {
      created: [],
      updated: [{ before: annotation, after }],
      deleted: [],
    })
  }
}
