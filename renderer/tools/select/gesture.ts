import type { Pointer, Preview } from '#renderer/tools/tool.ts'

/** What the select tool is doing while the pointer is held; exactly one at a time. */
export interface Gesture {
  /** The CSS cursor meanwhile. */
  readonly cursor: string
  move(pointer: Pointer): void
  /** The pointer was let go of. */
  finish(pointer: Pointer): void
  preview(): Preview
  hint(): string
}
