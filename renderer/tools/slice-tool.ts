import { actionKey } from '#renderer/document/key-label.ts'
import { distance, segmentsMeet } from '#shared/geometry/point.ts'
import { slicePolygon } from '#shared/geometry/polygon-ops.ts'
import { asPolygon } from '#shared/geometry/shape.ts'
import { type Annotation, newId, type Point } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { t } from '#shared/texts/texts.ts'
import { PointsTool } from './points-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview } from './tool.ts'

/** Cuts shapes along a line of two clicks: the selected ones, or all that the line crosses. */
export class SliceTool extends PointsTool {
  override pointerUp(pointer: Pointer): void {
    this.pointer = pointer
    const [from] = this.points
    if (!from) this.setPoints([pointer.at])
    else if (distance(from, pointer.at) >= pointer.pixel) {
      this.setPoints([])
      this.#slice(from, pointer.at)
    }
  }

  override preview(): Preview {
    const [from] = this.points
    if (!from || !this.pointer) return this.begun()
    return {
      ...NO_PREVIEW,
      outlines: [{ points: [from, this.pointer.at], closed: false }],
      vertices: [from],
    }
  }

  hint(): string {
    if (this.points.length > 0) return t('Click the other end of the cut · Esc cancels')
    return t('Click one end of a cut through polygons or boxes · Esc: select tool')
  }

  #slice(from: Point, to: Point): void {
    const crossed = (annotations: readonly Annotation[]) =>
      annotations.filter(({ shape }) => {
        const polygon = asPolygon(shape)
        // The cut extends beyond both clicks, but only through shapes that it crosses between them.
        return polygon !== null && crosses(polygon.rings, from, to)
      })
    // Selected shapes are preferred. If the line crosses none of them, it cuts the shapes that it crosses.
    const selected = crossed(this.host.selected())
    const candidates = selected.length > 0 ? selected : crossed(this.host.annotations())
    const changes: ChangeSet = { ...EMPTY_CHANGE_SET, created: [], updated: [] }
    for (const annotation of candidates) {
      const polygon = this.host.isLocked(annotation) ? null : asPolygon(annotation.shape)
      if (!polygon) continue
      const [first, ...others] = slicePolygon(polygon, from, to)
      if (!first || others.length === 0) continue
      changes.updated.push({ before: annotation, after: { ...annotation, shape: first } })
      for (const shape of others) changes.created.push({ ...annotation, id: newId(), shape })
    }
    const isLocked = candidates.length > 0 && candidates.every((item) => this.host.isLocked(item))
    if (isLocked)
      this.host.say(
        t('The shapes that the line crosses are locked. {key} unlocks selected shapes', {
          key: actionKey('lock'),
        }),
      )
    else if (changes.updated.length === 0)
      this.host.say(t('The line cuts no polygon or box in two'))
    else this.host.edit(t('Slice'), changes)
  }
}

/** True if the segment crosses an edge of the rings. */
function crosses(rings: readonly (readonly Point[])[], a: Point, b: Point): boolean {
  return rings.some((ring) =>
    ring.some((p, index) => segmentsMeet(a, b, p, ring[(index + 1) % ring.length])),
  )
}
