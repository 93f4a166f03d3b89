import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { classNames } from './class-names.ts'

/** Step of an arrow key, CSS pixels. */
const STEP = 16

interface SplitterProps {
  label: string
  /** Of the border itself. */
  orientation: 'vertical' | 'horizontal'
  /** The size that it changes, CSS pixels. */
  value: number
  min: number
  max: number
  /** 1: it grows to the right or downwards; -1: to the left or upwards. */
  direction: 1 | -1
  /** With every move. */
  onChange: (value: number) => void
  /** When the drag ends. */
  onCommit: (value: number) => void
  /** A double click. */
  onReset: () => void
}

/** The border between two parts of the window: dragged, or moved with arrow keys. */
export function Splitter(props: SplitterProps) {
  const { label, orientation, value, min, max, direction, onChange, onCommit, onReset } = props
  const held = useRef<{ at: number; value: number } | null>(null)
  const isVertical = orientation === 'vertical'
  const clamp = (size: number) => Math.round(Math.max(min, Math.min(max, size)))
  const place = (event: PointerEvent) => (isVertical ? event.clientX : event.clientY)
  const sizeAt = (event: PointerEvent) =>
    held.current === null
      ? value
      : clamp(held.current.value + (place(event) - held.current.at) * direction)
  const onKeyDown = (event: KeyboardEvent) => {
    const keys = isVertical ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
    const index = keys.indexOf(event.key)
    if (index < 0) return
    event.preventDefault()
    event.stopPropagation()
    onCommit(clamp(value + (index === 0 ? -STEP : STEP) * direction))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line that is moved is no <hr>
    <div
      role="separator"
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={Math.round(value)}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        held.current = { at: place(event), value }
      }}
      onPointerMove={(event) => {
        if (held.current) onChange(sizeAt(event))
      }}
      onPointerUp={(event) => {
        if (!held.current) return
        const size = sizeAt(event)
        const isMoved = size !== held.current.value
        held.current = null
        // A click chooses no size.
        if (isMoved) onCommit(size)
      }}
      onLostPointerCapture={() => {
        held.current = null
      }}
      onDoubleClick={onReset}
      onKeyDown={onKeyDown}
      className={classNames(
        'relative z-10 shrink-0 touch-none bg-line transition-colors select-none hover:bg-accent focus-visible:bg-accent',
        // The hit area is wider than the line.
        'after:absolute after:content-[""]',
        isVertical
          ? 'w-px cursor-col-resize after:-inset-x-1 after:inset-y-0'
          : 'h-px cursor-row-resize after:inset-x-0 after:-inset-y-1',
      )}
    />
  )
}
