import { z } from 'zod'
import type { DraftData } from '#shared/contract/annotations.ts'
import type { Point } from '#shared/model/annotation.ts'
import { IdleTool } from './idle-tool.ts'
import { NO_PREVIEW, type Pointer, type Preview, type ToolHost } from './tool.ts'

const draftSchema = z.object({ points: z.array(z.object({ x: z.number(), y: z.number() })) })

/** Base of tools that place one point after another. Unfinished shapes are saved as drafts and survive a crash. */
export abstract class PointsTool extends IdleTool {
  #points: Point[] = []
  /** The points that were removed since the last one was placed, latest last. */
  #taken: Point[][] = []
  /** Start and end index of the points of each click that placed several. */
  #spans: { from: number; to: number }[] = []
  /** The last known position of the pointer. */
  protected pointer: Pointer | null = null

  protected get points(): Point[] {
    return this.#points
  }

  /** Replaces the points; removed points can no longer be restored. */
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

  /** The preview before the pointer has moved over the canvas. */
  protected begun(): Preview {
    return {
      ...NO_PREVIEW,
      outlines: [{ points: this.points, closed: false }],
      vertices: this.points,
    }
  }

  /** Adds the points of one click, which Backspace removes together. */
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
