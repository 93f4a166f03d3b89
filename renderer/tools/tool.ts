import type { Draft } from '#shared/contract/contract.ts'
import type { Handle, Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Box, Point, Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'

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
  outlines: Outline[]
  vertices: Point[]
  /** The vertex that a click would close the shape on. */
  closing: Point | null
  marquee: Box | null
  /** Shapes shown instead of annotations while a gesture moves them. */
  replaced: ReadonlyMap<string, Shape>
}

export const NO_PREVIEW: Preview = {
  outlines: [],
  vertices: [],
  closing: null,
  marquee: null,
  replaced: new Map(),
}

/** What a tool may do; it never draws, and knows nothing of stores. */
export interface ToolHost {
  annotations(): readonly Annotation[]
  get(id: string): Annotation | undefined
  /** What can be picked at a point, smallest first; hidden shapes are left out. */
  pick(at: Point, tolerance: number): Annotation[]
  inBox(box: Box): Annotation[]
  isLocked(annotation: Annotation): boolean
  selected(): Annotation[]
  select(ids: Iterable<string>): void
  toggle(id: string): void
  selectVertex(handleId: string | null): void
  vertex(): string | null
  /** Commits an edit; what was being drawn is finished by it. */
  edit(label: string, changes: ChangeSet): void
  /** A committed new shape of the current class. */
  create(shape: Shape): void
  keepDraft(draft: Draft | null): void
  /** The name of the class that a new shape gets. */
  className(): string
  /** Says something that went otherwise than asked. */
  say(message: string): void
  /** The tool's preview, cursor or hint changed. */
  changed(): void
  /** Handles of the selected annotation, if it is the only one and can be edited. */
  handles(): Handle[]
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
  /** Backspace. False when there is nothing to take back. */
  removeLast(): boolean
  preview(): Preview
  cursor(): string
  /** What the next click, Enter and Esc do. */
  hint(): string
}

export type ToolId =
  | 'select'
  | 'pan'
  | 'bbox'
  | 'oriented_box'
  | 'polygon'
  | 'hole'
  | 'slice'
  | 'polyline'
  | 'keypoint'

export interface ToolDefinition {
  id: ToolId
  label: string
  /** As the shortcut map writes it; the first is shown. */
  keys: readonly string[]
  draws: boolean
  /** `draft` is what an earlier use of the same tool left unfinished. */
  create(host: ToolHost, draft: Draft | null): ActiveTool
}
