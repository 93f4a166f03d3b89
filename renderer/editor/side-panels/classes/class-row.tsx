import { Eye, EyeOff, Settings2, Trash2 } from 'lucide-react'
import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { chooseClass } from '#renderer/actions/actions.ts'
import { showDialog } from '#renderer/actions/app-state.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { shownSlotKey } from '#renderer/actions/class-keys.ts'
import { choices } from '#renderer/document/choices.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { toggled } from '#renderer/document/selection.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { ColorPicker } from '#renderer/ui/color-picker.tsx'
import { Keys } from '#renderer/ui/feedback.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { t } from '#shared/texts/texts.ts'
import { ClassMenu, moveClass } from './class-menu.tsx'

/** What is dragged from row to row: the name of a class. */
const DRAG_TYPE = 'application/x-pictograph-class'

interface RowProps {
  item: AnnotationClass
  /** Slot of the class's key; -1 if it has none. */
  slot: number
  count: number
  current: boolean
  /** Enter in the search field chooses it. */
  isMarked: boolean
  onDelete: () => void
  onMerge: () => void
  /** Another class was dropped on it. */
  onDropClass: (name: string) => void
}

function NameField({ name, onDone }: { name: string; onDone: () => void }) {
  const [text, setText] = useState(name)
  const rename = () => {
    onDone()
    const to = text.trim()
    if (to !== '' && to !== name) void editClasses({ kind: 'rename', from: name, to })
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') rename()
    if (event.key === 'Escape') onDone()
  }
  return (
    <TextField
      autoFocus
      aria-label={t('New name of {name}', { name })}
      className="h-6 flex-1"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={rename}
      onKeyDown={onKey}
    />
  )
}

export function ClassRow(props: RowProps) {
  const { item, slot, count, current, isMarked, onDelete, onMerge, onDropClass } = props
  const { name, color } = item
  const hidden = useStore(choices, ({ hiddenClasses }) => hiddenClasses.has(name))
  const [isRenaming, setRenaming] = useState(false)
  const [isOver, setOver] = useState(false)
  const row = useRef<HTMLLIElement>(null)
  const key = useStore(editorSettings, () => (slot < 0 ? null : shownSlotKey(slot)))
  useEffect(() => {
    if (current || isMarked) row.current?.scrollIntoView({ block: 'nearest' })
  }, [current, isMarked])
  const isClass = (event: DragEvent) => event.dataTransfer.types.includes(DRAG_TYPE)
  const onKey = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    event.stopPropagation()
    moveClass(name, event.key === 'ArrowUp' ? -1 : 1)
  }
  return (
    <li
      ref={row}
      draggable={!isRenaming}
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAG_TYPE, name)
        event.dataTransfer.effectAllowed = 'move'
      }}
      onDragOver={(event) => {
        if (!isClass(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false)
        if (!isClass(event)) return
        event.preventDefault()
        event.stopPropagation()
        onDropClass(event.dataTransfer.getData(DRAG_TYPE))
      }}
      className={classNames(
        'group flex h-8 items-center gap-1.5 rounded-md pr-1 pl-2',
        current ? 'bg-accent-soft' : 'hover:bg-hover',
        isMarked && 'outline outline-accent -outline-offset-1',
        isOver && 'shadow-[inset_0_2px_0_var(--accent)]',
      )}
    >
      <ColorPicker
        label={t('Color of {name}', { name })}
        value={color}
        onChange={(next) => void editClasses({ kind: 'recolor', name, color: next })}
      />
      {isRenaming ? (
        <NameField name={name} onDone={() => setRenaming(false)} />
      ) : (
        <button
          type="button"
          aria-pressed={current}
          onClick={() => chooseClass(name)}
          onDoubleClick={() => setRenaming(true)}
          onKeyDown={onKey}
          className={classNames(
            'flex h-full min-w-0 flex-1 items-center gap-2 text-left text-sm',
            current && 'font-medium text-accent-text',
          )}
        >
          <span className={classNames('truncate', hidden && 'line-through')} title={name}>
            {name}
          </span>
          {isMarked ? <Keys>↵</Keys> : key !== null && <Keys>{key.replace('Shift+', '⇧')}</Keys>}
        </button>
      )}
      <span className="text-xs text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
        {count || ''}
      </span>
      <span className="hidden group-focus-within:flex group-hover:flex has-data-[state=open]:flex">
        <IconButton
          label={t('Attributes and skeleton of {name}', { name })}
          onClick={() => showDialog({ kind: 'class', name })}
        >
          <Settings2 />
        </IconButton>
        <IconButton label={t('Delete {name}', { name })} onClick={onDelete}>
          <Trash2 />
        </IconButton>
        <ClassMenu name={name} slot={slot} onRename={() => setRenaming(true)} onMerge={onMerge} />
      </span>
      <IconButton
        label={hidden ? t('Show {name}', { name }) : t('Hide {name}', { name })}
        className={hidden ? '' : 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100'}
        onClick={() =>
          choices.setState(({ hiddenClasses }) => ({
            hiddenClasses: toggled(hiddenClasses, name),
          }))
        }
      >
        {hidden ? <EyeOff /> : <Eye />}
      </IconButton>
    </li>
  )
}
