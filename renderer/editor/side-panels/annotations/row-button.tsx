import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { nudge } from '#renderer/actions/edit-actions.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { classNames } from '#renderer/ui/class-names.ts'

/** How a press on a row changes the selection. */
export type Pick = (event: MouseEvent) => void

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The part of a row that selects: all of it but its small controls. Arrow keys move the shapes. */
export function RowButton({
  editor,
  ids,
  label,
  selected,
  isPartly = selected,
  onPick,
  children,
}: {
  editor: Editor
  ids: readonly string[]
  label: string
  selected: boolean
  /** If some of them are selected, the menu applies to the current selection. */
  isPartly?: boolean
  onPick: Pick
  children: ReactNode
}) {
  const onKeyDown = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key]
    if (!arrow) return
    event.preventDefault()
    if (!selected) editor.selection.select(ids)
    const step = event.shiftKey ? 10 : 1
    nudge(editor, arrow[0] * step, arrow[1] * step)
  }
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={selected}
      onClick={onPick}
      onContextMenu={() => {
        if (!isPartly) editor.selection.select(ids)
      }}
      onKeyDown={onKeyDown}
      className={classNames(
        'flex h-full min-w-0 flex-1 items-center gap-2 text-left text-sm',
        selected && 'font-medium',
      )}
    >
      {children}
    </button>
  )
}

export function Swatch({ color }: { color: string }) {
  return (
    <svg viewBox="0 0 10 10" className="size-2.5 shrink-0" aria-hidden="true">
      <rect width="10" height="10" rx="2.5" fill={color} />
    </svg>
  )
}
