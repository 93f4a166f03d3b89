import { z } from 'zod'
import type { DraftData } from '#shared/contract/annotations.ts'
import type { Point } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

const draftSchema = z.object({ points: z.array(z.object({ x: z.number(), y: z.number() })) })

/** What is drawn by clicking points one after the other. What is unfinished outlives tool, image and crash. */
export abstract class PointsTool extends IdleTool {
  #points: Point[] = []
  /** What was taken back since the last point, the latest last. */
  #taken: Point[] = []
  /** Where the pointer was last. */
  protected pointer: Pointer | null = null

  protected get points(): Point[] {
    return this.#points
  }

  /** Other points than taking back has left: there is nothing to bring back any more. */
  protected set points(points: Point[]) {
    this.#points = points
    this.#taken = []
  }

  constructor(host: ToolHost, draft: DraftData | null) {
    super(host)
    const kept = draftSchema.safeParse(draft)
    if (kept.success) this.points = kept.data.points
  }

  override pointerMove(pointer: Pointer, _held: boolean): void {
    this.pointer = pointer
    this.host.changed()
  }

  override cancel(): boolean {
    if (this.points.length === 0) return false
    this.setPoints([])
    return true
  }

  override removeLast(): boolean {
    if (this.points.length === 0) return false
    const taken = [...this.#taken, ...this.points.slice(-1)]
    this.setPoints(this.points.slice(0, -1))
    this.#taken = taken
    return true
  }

  restoreLast(): boolean {
    const last = this.#taken.at(-1)
    if (!last) return false
    const taken = this.#taken.slice(0, -1)
    this.setPoints([...this.points, last])
    this.#taken = taken
    return true
  }

  /** What there is of the shape before the pointer has come. */
  protected begun(): Preview {
    return {
      ...NO_PREVIEW,
      outlines: [{ points: this.points, closed: false }],
      vertices: this.points,
    }
  }

  protected setPoints(points: Point[]): void {
    this.points = points
    this.host.keepDraft(points.length === 0 ? null : { points })
    this.host.changed()
  }
}
