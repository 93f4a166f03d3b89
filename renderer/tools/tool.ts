import type { ToolId } from '#renderer/document/choices.ts'
import type { BrushStroke } from '#shared/assist/brush.ts'
import type { PictureWork } from '#shared/assist/picture-work.ts'
import type { SegmentPrompt } from '#shared/assist/segment-prompt.ts'
import type { SegmentDetail, SegmentShape } from '#shared/assist/segment-result.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import type { AssistAsk, Proposal } from '#shared/contract/service.ts'
import type { Size } from '#shared/geometry/clamp-shape.ts'
import type { Handle, Outline } from '#shared/geometry/shape-geometry.ts'
import type { BorderPlace } from '#shared/geometry/snap.ts'
import type { Annotation, Box, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import type { SkeletonClass } from '#shared/model/pose.ts'

export interface Pointer {
  /** Image pixels. */
  at: Point
  /** Image pixels per screen pixel. */
  pixel: number
  shift: boolean
  alt: boolean
  /** Ctrl, or Cmd on a Mac. */
  mod: boolean
}

/** What a tool shows in addition to the annotations. Image pixels. */
export interface Preview {
  outlines: readonly Outline[]
  vertices: readonly Point[]
  /** Clicks that do not belong to the object. */
  crosses: readonly Point[]
  /** The vertex where a click would close the shape. */
  closing: Point | null
  /** The place of the next point, if it differs from the pointer. */
  snap: Point | null
  marquee: Box | null
  lasso: readonly Point[]
  /** A label next to the pointer. */
  caption: string | null
  /** Regions that were found in the image and are not drawn yet. */
  regions: readonly PolygonShape[]
  /** The path of a round brush; null if the tool has none. */
  brush: BrushPreview | null
  /** Shapes shown instead of their annotations during a gesture. */
  replaced: ReadonlyMap<string, Shape>
}

export interface BrushPreview {
  strokes: readonly BrushStroke[]
  /** Image pixels. */
  radius: number
  erases: boolean
}

export const NO_PREVIEW: Preview = {
  outlines: [],
  vertices: [],
  crosses: [],
  closing: null,
  snap: null,
  marquee: null,
  lasso: [],
  caption: null,
  regions: [],
  brush: null,
  replaced: new Map(),
}

/** What a tool may use. Tools never draw on the canvas themselves and do not access stores. */
export interface ToolHost {
  /** All visible annotations. */
  annotations(): readonly Annotation[]
  /** The visible annotations at a point, smallest first. */
  pick(at: Point, tolerance: number): Annotation[]
  inBox(box: Box): Annotation[]
  /** All annotations of the same instance; only the annotation itself if it has no instance. */
  instanceOf(annotation: Annotation): Annotation[]
  /** Selects the proposal under a point, if there is one. */
  pickProposal(at: Point, tolerance: number): void
  /** The class whose skeleton contains the joints of an instance; null if the instance is no pose. */
  poseClass(members: readonly Annotation[]): SkeletonClass | null
  /** The joints of the pose with a line at a point. */
  poseAt(at: Point, tolerance: number): Annotation[]
  nextInstanceId(): number
  isLocked(annotation: Annotation): boolean
  selected(): Annotation[]
  select(ids: Iterable<string>): void
  toggle(id: string): void
  selectVertices(handleIds: Iterable<string>): void
  vertices(): ReadonlySet<string>
  /** Commits an edit, which completes the draft of the tool. */
  edit(label: string, changes: ChangeSet): void
  /** Commits a new shape of the current class with the class's default attributes. Returns its id. */
  create(shape: Shape): string
  /** The shape that was just drawn and still has handles; null if there is none. */
  fresh(): Annotation | null
  /** Shows handles on the shape while a drawing tool is active; null removes them. */
  keepFresh(id: string | null): void
  /** Saves an unfinished shape, so that it survives a change of tool or image and a crash; null removes it. */
  keepDraft(data: DraftData | null): void
  /** Name of the class of new shapes. */
  className(): string
  classNamed(name: string): AnnotationClass | undefined
  /** The nearby border that a point snaps to; null if there is none, or snapping is off or suspended. */
  snap(pointer: Pointer, except?: string): BorderPlace | null
  /** The nearest point inside the image; the point itself if the settings allow drawing outside. */
  inside(point: Point): Point
  /** The size that shapes must stay inside; null if the settings allow drawing outside. Image pixels. */
  borders(): Size | null
  /** Maximum distance between a simplified freehand line and the drawn one. Screen pixels. */
  freehandTolerance(): number
  /** The engine that finds the object at a click: `SERVICE`, the id of a model on this computer, or null if there is none. */
  assistEngine(): string | null
  /**
   * Prepares this image and the next ones for the chosen model on this computer. False if that failed; the user has been
   * told why.
   */
  prepareSegment(): Promise<boolean>
  /** Asks the model on this computer. Best first; null if that failed and the user has been told why. */
  segment(prompt: SegmentPrompt, detail: SegmentDetail): Promise<SegmentShape[] | null>
  /** Asks the service for shapes of the current class; null if that failed and the user has been told why. */
  assist(ask: AssistAsk): Promise<Proposal | null>
  /** The price of the service, such as `$0.0025 per answer`; null while it is unknown. */
  assistPrice(): string | null
  /** Operations on the pixels of the image. */
  picture(): PictureWork
  /** Whether paths follow edges in the image. */
  liveWire(): boolean
  /** Tells the user why something did not happen as requested. */
  say(message: string): void
  /** Reports that the tool's preview, cursor or hint has changed. */
  changed(): void
  /** The handles of the selected annotation, of the frame around several, or of the shape just drawn. */
  handles(): readonly Handle[]
}

/** The active tool with its current gesture. */
export interface ActiveTool {
  pointerDown(pointer: Pointer): void
  /** `held`: the primary button is down. */
  pointerMove(pointer: Pointer, held: boolean): void
  pointerUp(pointer: Pointer): void
  doubleClick(pointer: Pointer): void
  /** Enter. False if there is nothing to finish. */
  finish(): boolean
  /** Escape: cancels one level. False if there is nothing to cancel. */
  cancel(): boolean
  /**
   * The press was interrupted, for example by a lost capture. Discards what this press started and keeps what was placed
   * before. False if it started nothing.
   */
  release(): boolean
  /** Backspace. False if there is nothing to remove. */
  removeLast(): boolean
  /** Redo: restores what Backspace or undo removed last. False if there is nothing. */
  restoreLast?(): boolean
  /** Changes a size of the tool (tolerance, radius) by one step, by key or wheel. */
  resize?(direction: 1 | -1): void
  /** True if the wheel alone changes that size instead of the view. Alt+wheel always does. */
  takesWheel?(): boolean
  /** Skips the current step, if the tool has steps that can be skipped. */
  skip?(): void
  preview(): Preview
  cursor(): string
  /** Says what the next click, Enter and Esc do. */
  hint(): string
}

export interface ToolDefinition {
  id: ToolId
  label: string
  /** The shortcuts as written in the shortcut map; the first one is shown. */
  keys: readonly string[]
  draws: boolean
  /** `draft`: the unfinished shape of an earlier use of the same tool. */
  create(host: ToolHost, draft: DraftData | null): ActiveTool
}
