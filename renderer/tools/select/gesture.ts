import type { Pointer, Preview } from '#renderer/tools/tool.ts'

/** What the select tool does while the pointer is held; one gesture at a time. */
export interface Gesture {
  /** The CSS cursor during the gesture. */
  readonly cursor: string
  move(pointer: Pointer): void
  /** Called when the pointer is released. */
  finish(pointer: Pointer): void
  preview(): Preview
  hint(): string
}
