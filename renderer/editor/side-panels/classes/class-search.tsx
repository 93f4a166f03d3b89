import { Plus } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { actionById, CLASS_SEARCH_ID, chooseClass } from '#renderer/actions/actions.ts'
import { focusCanvas, notifyError } from '#renderer/actions/app-state.ts'
import { addClass } from '#renderer/actions/class-actions.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import { type AnnotationClass, nextClassColor } from '#shared/model/annotation-class.ts'
import { t } from '#shared/texts/texts.ts'

/** What Enter does with a text: it chooses the class of that name, else the marked one, else it adds one. */
export function pickOf(
  text: string,
  shown: readonly AnnotationClass[],
  marked: number,
): AnnotationClass | null {
  const name = text.trim()
  return (
    shown.find((item) => item.name === name) ?? shown[Math.min(marked, shown.length - 1)] ?? null
  )
}

/** Finds classes as somebody types. Arrow keys move the mark, Enter picks what is marked or adds a new class. */
export function ClassSearch({
  classes,
  text,
  pick,
  onText,
  onMove,
}: {
  classes: readonly AnnotationClass[]
  text: string
  /** What Enter will choose; null: it adds a class. */
  pick: AnnotationClass | null
  onText: (text: string) => void
  onMove: (step: 1 | -1) => void
}) {
  const name = text.trim()
  const isKnown = classes.some((item) => item.name === name)
  const leave = () => {
    onText('')
    focusCanvas()
  }
  const add = () => {
    if (name === '') return
    leave()
    addClass({ name, color: nextClassColor(classes) }).catch(notifyError)
  }
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') leave()
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      onMove(event.key === 'ArrowDown' ? 1 : -1)
    } else if (event.key === 'Enter' && name === '' && pick === null) focusCanvas()
    else if (event.key === 'Enter' && pick) {
      chooseClass(pick.name)
      leave()
    } else if (event.key === 'Enter') add()
  }
  const key = shownKey(actionById('class-search'))
  return (
    <div className="flex gap-1.5">
      <TextField
        id={CLASS_SEARCH_ID}
        aria-label={t('Find or add a class')}
        placeholder={t('Find or add a class ({key})', { key })}
        className="h-7"
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKey}
      />
      <IconButton label={t('Add class')} disabled={name === '' || isKnown} onClick={add}>
        <Plus />
      </IconButton>
      <output className="sr-only">
        {name !== '' && pick && t('Enter chooses {name}', { name: pick.name })}
      </output>
    </div>
  )
}
