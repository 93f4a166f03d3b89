import { actionKey, keyLabel } from '#renderer/document/key-label.ts'
import { hint } from '#renderer/tools/hint.ts'
import { IdleTool } from '#renderer/tools/idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from '#renderer/tools/tool.ts'
import { removeShapeVertices } from '#shared/geometry/shape.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import { plural, t } from '#shared/texts/texts.ts'
import { Lasso, SelectInBox, SelectVerticesInBox } from './area-gestures.ts'
import { DragHandle, MoveShapes, MoveVertices, StretchFrame } from './edit-gestures.ts'
import type { Gesture } from './gesture.ts'
import { handleAt } from './handle-at.ts'

/** A press this close to an outline selects its shape. Screen pixels. */
export const PICK_RADIUS = 5
/** A press that moves less than this is a click. Screen pixels. */
const CLICK_SLOP = 3

/** Selects, moves and reshapes annotations. */
export class SelectTool extends IdleTool {
  #gesture: Gesture | null = null
  #over: { handle: Handle | null; annotation: Annotation | null } = {
    handle: null,
    annotation: null,
  }

  override pointerDown(pointer: Pointer): void {
    const handle = handleAt(this.host.handles(), pointer)
    this.#gesture = handle ? this.#takeHandle(handle, pointer) : this.#takeShape(pointer)
  }

  override pointerMove(pointer: Pointer): void {
    const { at, pixel } = pointer
    if (!this.#gesture) {
      this.#over = {
        handle: handleAt(this.host.handles(), pointer),
        annotation: this.#pick(at, pixel),
      }
      return
    }
    this.#gesture.move(pointer)
    this.host.changed()
  }

  override pointerUp(pointer: Pointer): void {
    const gesture = this.#gesture
    this.#gesture = null
    gesture?.finish(pointer)
    this.host.changed()
  }

  /** Selects all annotations of the clicked instance. */
  override doubleClick({ at, pixel }: Pointer): void {
    const hit = this.#pick(at, pixel)
    if (hit?.instanceId !== undefined)
      this.host.select(this.host.instanceOf(hit).map(({ id }) => id))
  }

  override release(): boolean {
    const held = this.#gesture !== null
    this.#gesture = null
    this.host.changed()
    return held
  }

  override cancel(): boolean {
    if (this.#gesture) {
      this.#gesture = null
      this.host.changed()
      return true
    }
    if (this.host.vertices().size > 0) {
      this.host.selectVertices([])
      return true
    }
    const had = this.host.selected().length > 0
    this.host.select([])
    return had
  }

  override removeLast(): boolean {
    const vertices = this.host.vertices()
    const [only] = this.host.selected()
    // A keypoint has only one point, so the whole shape is deleted.
    if (vertices.size === 0 || !only || only.shape.kind === 'keypoint') return false
    if (this.host.isLocked(only)) {
      this.host.say(t('Locked shapes are not changed'))
      return true
    }
    this.#removeVertices(only, vertices)
    return true
  }

  override preview(): Preview {
    return this.#gesture?.preview() ?? NO_PREVIEW
  }

  override cursor(): string {
    if (this.#gesture) return this.#gesture.cursor
    if (this.#over.handle) return this.#over.handle.cursor
    if (!this.#over.annotation) return 'default'
    return this.host.isLocked(this.#over.annotation) ? 'pointer' : 'move'
  }

  hint(): string {
    if (this.#gesture) return this.#gesture.hint()
    const selected = this.host.selected()
    const vertices = this.host.vertices().size
    if (selected.length === 0)
      return hint(
        t('Click: select'),
        t('Drag: select several'),
        t('{key}+drag: lasso', { key: keyLabel('Alt') }),
      )
    if (vertices > 0)
      return hint(
        plural(vertices, 'Drag: move the point', 'Drag: move {count} points'),
        t('Shift+click: select more'),
        t('Backspace: remove'),
        t('Esc: deselect'),
      )
    if (selected.every((annotation) => this.host.isLocked(annotation)))
      return hint(t('Locked'), t('{key}: unlock', { key: actionKey('lock') }), t('Esc: deselect'))
    if (selected.length > 1)
      return hint(
        t('{count} selected', { count: selected.length.toLocaleString() }),
        t('Drag: move'),
        t('Frame: scale'),
        selected.every(({ shape }) => shape.kind === 'keypoint')
          ? t('{swap}: swap sides, {flip}: flip, {occluded}: occluded', {
              swap: actionKey('swap-sides'),
              flip: actionKey('flip'),
              occluded: actionKey('occluded'),
            })
          : t('Digits: change class'),
        t('Delete: remove'),
        t('Esc: deselect'),
      )
    const isPath = selected[0].shape.kind === 'polygon' || selected[0].shape.kind === 'polyline'
    return hint(
      t('Drag: move'),
      t('Handles: reshape'),
      isPath && t('{key}+drag: select points', { key: keyLabel('Mod') }),
      isPath && t('{key}+click: remove a point', { key: keyLabel('Alt') }),
      t('Digits: change class'),
      t('Enter: attributes'),
      t('Delete: remove'),
      t('Esc: deselect'),
    )
  }

  #takeHandle(handle: Handle, { at, alt, shift }: Pointer): Gesture | null {
    const selected = this.host.selected().filter((annotation) => !this.host.isLocked(annotation))
    const [only] = selected
    if (selected.length > 1) return new StretchFrame(this.host, at, selected, handle)
    if (handle.role !== 'vertex') {
      this.host.selectVertices([])
      return new DragHandle(this.host, at, only, handle)
    }
    const vertices = this.host.vertices()
    if (alt) {
      this.#removeVertices(only, new Set([handle.id]))
      return null
    }
    if (shift) {
      const next = new Set(vertices)
      if (!next.delete(handle.id)) next.add(handle.id)
      this.host.selectVertices(next)
      return null
    }
    if (vertices.size > 1 && vertices.has(handle.id))
      return new MoveVertices(this.host, at, only, vertices)
    this.host.selectVertices([handle.id])
    return new DragHandle(this.host, at, only, handle)
  }

  #takeShape(pointer: Pointer): Gesture | null {
    const { at, pixel, alt, shift, mod } = pointer
    if (alt) return new Lasso(this.host, at, shift || mod)
    const hasVertices = this.host.handles().some(({ role }) => role === 'vertex')
    if (mod && hasVertices)
      return new SelectVerticesInBox(this.host, at, CLICK_SLOP * pixel, () =>
        this.#toggleAt(at, pixel),
      )
    const hit = this.#pick(at, pixel)
    if (!hit) this.host.pickProposal(at, PICK_RADIUS * pixel)
    if (!hit) return this.#takePose(pointer) ?? new SelectInBox(this.host, at, shift || mod)
    if (shift || mod) {
      this.#toggleAt(at, pixel)
      return null
    }
    const wasSelected = this.host.selected().some(({ id }) => id === hit.id)
    if (!wasSelected) this.host.select([hit.id])
    return this.#moveSelected(at, wasSelected)
  }

  /** A click on a line between joints selects the whole pose. */
  #takePose({ at, pixel }: Pointer): Gesture | null {
    const joints = this.host.poseAt(at, PICK_RADIUS * pixel)
    if (joints.length === 0) return null
    this.host.select(joints.map(({ id }) => id))
    return this.#moveSelected(at, false)
  }

  #moveSelected(at: Point, wasSelected: boolean): Gesture {
    const initial = this.host.selected().filter((annotation) => !this.host.isLocked(annotation))
    return new MoveShapes(this.host, at, initial, (pointer) => {
      if (wasSelected) this.#cycle(pointer)
    })
  }

  #pick(at: Point, pixel: number): Annotation | null {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    return hits.find(({ id }) => selected.has(id)) ?? hits[0] ?? null
  }

  /** Adds the smallest unselected shape; if all are selected, deselects the smallest. */
  #toggleAt(at: Point, pixel: number): void {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    const target = hits.find(({ id }) => !selected.has(id)) ?? hits[0]
    if (target) this.host.toggle(target.id)
  }

  /** A click on a selected shape selects the next shape below it. */
  #cycle({ at, pixel }: Pointer): void {
    const hits = this.host.pick(at, PICK_RADIUS * pixel)
    const selected = new Set(this.host.selected().map(({ id }) => id))
    const current = hits.findIndex(({ id }) => selected.has(id))
    const next = hits[(current + 1) % hits.length]
    if (next) this.host.select([next.id])
  }

  #removeVertices(annotation: Annotation, handleIds: ReadonlySet<string>): void {
    const shape = removeShapeVertices(annotation.shape, handleIds)
    this.host.selectVertices([])
    if (!shape) {
      this.host.say(t('Too few points would be left. Delete the whole shape instead'))
      return
    }
    const after = { ...annotation, shape }
    const label = plural(handleIds.size, 'Remove point', 'Remove {count} points')
    this.host.edit(label, {
      created: [],
      updated: [{ before: annotation, after }],
      deleted: [],
    })
  }
}
