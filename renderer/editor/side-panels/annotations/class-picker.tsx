import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { relabel } from '#renderer/actions/edit-actions.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'

/** A small arrow that opens the list of classes. Options are rendered on hover or focus, because there are many rows. */
export function ClassPicker({
  editor,
  annotation,
  what,
  names,
  disabled,
}: {
  editor: Editor
  annotation: Annotation
  what: string
  names: readonly string[]
  disabled: boolean
}) {
  const [isNear, setNear] = useState(false)
  const { className } = annotation
  return (
    <span className="relative flex size-6 shrink-0 items-center justify-center rounded text-muted hover:bg-raised hover:text-text has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <ChevronDown aria-hidden="true" className="size-3.5" />
      <select
        aria-label={t('Class of {what}', { what })}
        title={t('Change the class')}
        value={className}
        disabled={disabled}
        onPointerEnter={() => setNear(true)}
        onFocus={() => setNear(true)}
        onChange={(event) => {
          relabel(editor, [annotation], event.target.value)
          focusCanvas()
        }}
        className="absolute inset-0 size-full cursor-default appearance-none opacity-0"
      >
        {isNear ? (
          names.map((name) => <option key={name}>{name}</option>)
        ) : (
          <option>{className}</option>
        )}
      </select>
    </span>
  )
}
