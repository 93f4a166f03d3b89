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
  #taken: Point[][] = []
  /** Where clicks that brought several points begin and end among the points. */
  #spans: { from: number; to: number }[] = []
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
    const span = this.#spans.at(-1)
    const from = span?.to === this.points.length ? span.from : this.points.length - 1
    const taken = [...this.#taken, this.points.slice(from)]
    this.#spans = this.#spans.filter(({ to }) => to <= from)
    this.setPoints(this.points.slice(0, from))
    this.#taken = taken
    return true
  }

  restoreLast(): boolean {
    const last = this.#taken.at(-1)
    if (!last) return false
    const taken = this.#taken.slice(0, -1)
    this.addPoints(last)
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

  /** What one click brought: one step to take back. */
  protected addPoints(points: readonly Point[]): void {
    const from = this.points.length
    this.#spans = [
      ...this.#spans.filter(({ to }) => to <= from),
      { from, to: from + points.length },
    ]
    this.setPoints([...this.points, ...points])
  }

  protected setPoints(points: Point[]): void {
    this.points = points
    this.host.keepDraft(points.length === 0 ? null : { points })
    this.host.changed()
  }
}
