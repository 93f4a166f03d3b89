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
  /** Image pixels that one screen pixel covers. */
  pixel: number
  shift: boolean
  alt: boolean
  /** Ctrl, or Cmd on a Mac. */
  mod: boolean
}

/** What a tool wants to be seen besides the annotations. Image pixels. */
export interface Preview {
  outlines: readonly Outline[]
  vertices: readonly Point[]
  /** Places that are not part of it. */
  crosses: readonly Point[]
  /** The vertex that a click would close the shape on. */
  closing: Point | null
  /** Where the next point would go, when that is not where the pointer is. */
  snap: Point | null
  marquee: Box | null
  lasso: readonly Point[]
  /** A word beside the pointer. */
  caption: string | null
  /** What was found in the picture and is not drawn yet. */
  regions: readonly PolygonShape[]
  /** Where a round brush went and goes; null without one. */
  brush: BrushPreview | null
  /** Shapes shown instead of annotations while a gesture moves them. */
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

/** What a tool may do; it never draws, and knows nothing of stores. */
export interface ToolHost {
  /** All that can be seen. */
  annotations(): readonly Annotation[]
  /** What can be picked at a point, smallest first; hidden shapes are left out. */
  pick(at: Point, tolerance: number): Annotation[]
  inBox(box: Box): Annotation[]
  /** All of the instance that an annotation belongs to; itself when it belongs to none. */
  instanceOf(annotation: Annotation): Annotation[]
  /** Makes the proposal under a point, if any, the one that is decided on next. */
  pickProposal(at: Point, tolerance: number): void
  /** The class whose skeleton has the joints of an instance; null when they are no pose. */
  poseClass(members: readonly Annotation[]): SkeletonClass | null
  /** The joints of the pose that has a line at a point. */
  poseAt(at: Point, tolerance: number): Annotation[]
  nextInstanceId(): number
  isLocked(annotation: Annotation): boolean
  selected(): Annotation[]
  select(ids: Iterable<string>): void
  toggle(id: string): void
  selectVertices(handleIds: Iterable<string>): void
  vertices(): ReadonlySet<string>
  /** Commits an edit; what was being drawn is finished by it. */
  edit(label: string, changes: ChangeSet): void
  /** Commits a new shape of the current class, with its class's defaults. Returns its id. */
  create(shape: Shape): string
  /** The shape that was just drawn and still has handles; null when there is none. */
  fresh(): Annotation | null
  /** Gives the shape handles while a tool that draws is in hand; null takes them away. */
  keepFresh(id: string | null): void
  /** Keeps what is unfinished through another tool, another image and a crash; null when nothing is. */
  keepDraft(data: DraftData | null): void
  /** The name of the class that a new shape gets. */
  className(): string
  classNamed(name: string): AnnotationClass | undefined
  /** The border nearby that a point is taken to; null when none is, or snapping is off or suspended. */
  snap(pointer: Pointer, except?: string): BorderPlace | null
  /** The nearest point inside the image, unless it is allowed to draw beyond it. */
  inside(point: Point): Point
  /** The size that shapes have to stay inside; null when it is allowed to draw beyond it. Image pixels. */
  borders(): Size | null
  /** How far a freehand line may be from what the hand drew, screen pixels. */
  freehandTolerance(): number
  /** What is asked for the thing at a click: `SERVICE`, models of this machine by their id, or null: there is nothing. */
  assistEngine(): string | null
  /** Gets the image ready for the models of this machine, and those that may come next. False when it could not be, which is said. */
  prepareSegment(): Promise<boolean>
  /** Asks the models of this machine; null when they could not be asked, which is said. Best first. */
  segment(prompt: SegmentPrompt, detail: SegmentDetail): Promise<SegmentShape[] | null>
  /** Asks the service for shapes of the current class; null when it could not be asked, which is said. */
  assist(ask: AssistAsk): Promise<Proposal | null>
  /** What the service asks for, like `$0.0025 an answer`; null while that is not known. */
  assistPrice(): string | null
  /** What can be asked of the picture itself. */
  picture(): PictureWork
  /** Whether paths follow the picture's edges. */
  liveWire(): boolean
  /** Says something that went otherwise than asked. */
  say(message: string): void
  /** The tool's preview, cursor or hint changed. */
  changed(): void
  /** Of the one selected annotation, of the frame around several, or of the shape that was just drawn. */
  handles(): readonly Handle[]
}

/** One active tool with whatever gesture it is in. */
export interface ActiveTool {
  pointerDown(pointer: Pointer): void
  /** `held`: the main button is down. */
  pointerMove(pointer: Pointer, held: boolean): void
  pointerUp(pointer: Pointer): void
  doubleClick(pointer: Pointer): void
  /** Enter. False when there is nothing to finish. */
  finish(): boolean
  /** Escape, one level. False when there is nothing to cancel. */
  cancel(): boolean
  /** The press ends without the pointer being lifted: drops what the press began and nothing that was placed before. False when it began nothing. */
  release(): boolean
  /** Backspace. False when there is nothing to take back. */
  removeLast(): boolean
  /** Redo: brings back what Backspace or undo took back last. False when there is nothing. */
  restoreLast?(): boolean
  /** A size of the tool itself (tolerance, radius) one step down or up, by key or wheel. */
  resize?(direction: 1 | -1): void
  /** Whether the wheel alone does that now, instead of moving the view. With Alt it always does. */
  takesWheel?(): boolean
  /** Goes on without this step, where steps can be left out. */
  skip?(): void
  preview(): Preview
  cursor(): string
  /** What the next click, Enter and Esc do. */
  hint(): string
}

export interface ToolDefinition {
  id: ToolId
  label: string
  /** As the shortcut map writes it; the first is shown. */
  keys: readonly string[]
  draws: boolean
  /** `draft` is what an earlier use of the same tool left unfinished. */
  create(host: ToolHost, draft: DraftData | null): ActiveTool
}
