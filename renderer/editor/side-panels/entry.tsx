import { type KeyboardEvent, useRef, useState } from 'react'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { TextField } from '#renderer/ui/field.tsx'

interface EntryProps {
  label: string
  value: string
  placeholder?: string
  /** False if the value is invalid; the field shows the old value again. */
  onCommit: (text: string) => boolean
  /** After Enter and Escape, instead of going back to the canvas. */
  onConfirm?: (event: KeyboardEvent<HTMLElement>) => void
}

/** A field that commits its text on blur or Enter. */
export function Entry({ label, value, placeholder, onCommit, onConfirm }: EntryProps) {
  const [text, setText] = useState<string | null>(null)
  // The blur that follows Enter or Escape must not commit the text again.
  const pending = useRef<string | null>(null)
  const keep = (next: string | null) => {
    pending.current = next
    setText(next)
  }
  const commit = () => {
    const typed = pending.current
    keep(null)
    if (typed !== null && typed !== value) onCommit(typed)
  }
  return (
    <TextField
      aria-label={label}
      className="h-7 border-line px-2 text-xs tabular-nums"
      value={text ?? value}
      placeholder={placeholder}
      onChange={(event) => keep(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return
        if (event.key === 'Enter') commit()
        else keep(null)
        if (onConfirm) onConfirm(event)
        else focusCanvas()
      }}
    />
  )
}
